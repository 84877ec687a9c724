// SPDX-License-Identifier: Apache-2.0
// Which kind of key an OpenSSL key is.
#pragma once

#include <openssl/types.h>

namespace floe::sign {

enum class KeyAlgorithm { kP256, kP384, kEd25519, kRsa, kOther };

/// kOther: a key that floe does not use, such as a short RSA key.
KeyAlgorithm key_algorithm(const EVP_PKEY* key);

}  // namespace floe::sign
