// SPDX-License-Identifier: Apache-2.0
#include "core/sign/statement.h"

#include "core/oci/reference.h"
#include "core/sign/encoding.h"
#include "core/sign/wire.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::sign {

namespace {

using value::Value;

constexpr std::size_t kMaxSubjects = 10'000;

Value subject_value(const Subject& subject) {
  Value out = Value::map();
  if (!subject.name.empty()) out.set("name", subject.name);
  Value digest = Value::map();
  digest.set("sha256", subject.sha256);
  out.set("digest", std::move(digest));
  if (!subject.annotations.empty()) {
    Value annotations = Value::map();
    for (const auto& [key, text] : subject.annotations) annotations.set(key, text);
    out.set("annotations", std::move(annotations));
  }
  return out;
}

Result<Subject> read_subject(const Value& entry) {
  const WireObject object = FLOE_TRY(WireObject::of(entry, "a subject of the statement"));
  Subject out;
  out.name = FLOE_TRY(object.text_or_empty("name"));
  const WireObject digest = FLOE_TRY(object.object("digest"));
  out.sha256 = FLOE_TRY(digest.text_or_empty("sha256"));
  if (digest.has("sha256") && !oci::is_digest("sha256:" + out.sha256)) {
    return digest.wrong("'sha256' is no SHA-256 digest");
  }
  if (object.has("annotations")) {
    FLOE_CHECK(object.object("annotations"));
    for (const value::Member& member : object.find("annotations")->as_map()) {
      if (member.value.is_string()) out.annotations[member.key] = member.value.as_string();
    }
  }
  return out;
}

}  // namespace

std::string write_statement(const Statement& statement) {
  Value subjects = Value::list();
  for (const Subject& subject : statement.subjects) subjects.push(subject_value(subject));
  Value out = Value::map();
  out.set("_type", kStatementType);
  out.set("subject", std::move(subjects));
  out.set("predicateType", statement.predicate_type);
  out.set("predicate", statement.predicate.is_null() ? Value::map() : statement.predicate);
  return value::write_json(out);
}

Result<Statement> read_statement(std::string_view json) {
  const Value parsed = FLOE_TRY(read_wire(json, "the signed statement", kMaxSigned));
  const WireObject object = FLOE_TRY(WireObject::of(parsed, "the signed statement"));
  const std::string type = FLOE_TRY(object.text("_type"));
  if (type != kStatementType && type != kStatementTypeOfOld) {
    return object.wrong(fmt::format("'{}' is no type of statement that floe knows", shown(type)));
  }
  Statement out;
  const Value::List* subjects = FLOE_TRY(object.list("subject"));
  if (subjects->empty()) return object.wrong("it has no subject");
  if (subjects->size() > kMaxSubjects) return object.wrong("it has too many subjects");
  for (const Value& entry : *subjects) out.subjects.push_back(FLOE_TRY(read_subject(entry)));
  out.predicate_type = FLOE_TRY(object.text("predicateType"));
  if (out.predicate_type.empty()) return object.wrong("'predicateType' is empty");
  if (object.has("predicate")) {
    FLOE_CHECK(object.object("predicate"));
    out.predicate = *object.find("predicate");
  }
  return out;
}

}  // namespace floe::sign
