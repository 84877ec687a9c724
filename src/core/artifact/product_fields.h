// SPDX-License-Identifier: Apache-2.0
// Which field of a Product stands where in product.json: one list for writing and reading.
// `T` is the struct or const of it; `A` is Writer or Reader.
#pragma once

#include "core/artifact/platform_fields.h"
#include "core/artifact/product.h"

namespace floe::artifact {

template <class A, Is<ProductPlatform> T>
void fields(A& a, T& platform) {
  a.field("reference", platform.reference);
  a.field("digest", platform.digest);
  a.field("name", platform.name);
  a.field("version", platform.version);
}

template <class A, Is<InputSource> T>
void fields(A& a, T& source) {
  a.field("type", source.type);
  a.field("ref", source.ref);
}

template <class A, Is<InputProvider> T>
void fields(A& a, T& provider) {
  a.field("name", provider.name);
  a.field("version", provider.version);
  a.field("reference", provider.reference);
  a.field("digest", provider.digest);
}

template <class A, Is<InputPort> T>
void fields(A& a, T& port) {
  a.field("name", port.name);
  a.field("description", port.description);
  a.field("source", port.source);
  a.field("freshness_requirement", port.freshness_requirement);
  a.field("schema", port.schema);
  a.field("provider", port.provider);
}

template <class A, Is<OutputPort> T>
void fields(A& a, T& port) {
  a.field("name", port.name);
  a.field("model", port.model);
  a.field("table", port.table);
  a.field("description", port.description);
  a.field("version", port.version);
  a.field("owner", port.owner);
  a.field("contract", port.contract);
  a.field("sla", port.sla);
  a.field("access", port.access);
  a.field("deprecation", port.deprecation);
}

template <class A, Is<config::Owner> T>
void fields(A& a, T& owner) {
  a.field("team", owner.team);
  a.field("email", owner.email);
  a.field("slack", owner.slack);
}

template <class A, Is<config::Schedule> T>
void fields(A& a, T& schedule) {
  a.field("cron", schedule.cron);
  a.field("timezone", schedule.timezone);
  a.field("catchup", schedule.catchup);
  a.field("on", schedule.on);
  a.field("enabled", schedule.enabled);
}

template <class A, Is<Product> T>
void fields(A& a, T& product) {
  a.field("name", product.name);
  a.field("version", product.version);
  a.field("description", product.description);
  a.field("labels", product.labels);
  a.field("ownership", product.ownership);
  a.field("platform", product.platform);
  a.field("input_ports", product.input_ports);
  a.field("output_ports", product.output_ports);
  a.field("schedule", product.schedule);
}

}  // namespace floe::artifact
