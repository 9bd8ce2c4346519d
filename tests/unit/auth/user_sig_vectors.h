// The UserSigs and keys of protocol D.1 to D.3. The keys protect nothing.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/auth/user_sig.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom::vectors {

inline constexpr std::uint32_t kSdkAppId = 1400000001;

inline const UserId kUser{"user_0001"};

inline UserSigSubject Subject() { return {kSdkAppId, kUser}; }

inline Secret SecretKey() {
  return Secret("rtcroomd-test-key-0123456789abcdefghijklmnopqrstuvwxyz-not-real!");
}

/// Version 2, issued at 1700000000 for 86400 seconds.
inline constexpr const char* kV2 =
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwqXFqUXxBgYGhlDJ4pTsxIKCzBQlK0MTAwgwhMiUZOam"
    "KlkZmkNFDSCiqRUFmUWpSlYWZiYwoeLMdCUrpQrH4MCsFKegLAufbFd9lzDPslTvivAK98ISy-ICDycfN2*X"
    "4FxXbXPfIgNbpVoALPIxPw__";
inline constexpr const char* kV2Signature = "xASQjdBRj8LkE/DVIveKxWxGqt9wpHBLFKDSmE+7Mr0=";

/// Version 2 with the buffer of a numeric room, issued at 1700000000 for 300 seconds.
inline constexpr const char* kV2WithUserbuf =
    "eJw1jd0KgkAUhN-lXEfuZvSz0MURS5KspIzuotpVT21lrlYQvXukORcD8w3MvGE9W7UfKgcBnTaDVpVJqmtB"
    "MVW4NCrfMcb4vzTyvM8ykiB4l9XidVPQRYHg-T9lNVWvjHIFwm7Ab-BQxiAAEX25neujHjwDF1*R7S8wRAxc"
    "rSNrahARrefPcdS8UwICxqHrdE6OXPbV0nC7mya0Ca00GPo9z7kllN61r73zxAyDEXy*eblC3A__";

/// The buffers of D.3 and their signatures in version 2, both until 1700000300.
inline constexpr const char* kNumericRoomBuffer =
    "000009757365725f3030303153724e01000030396553f22c000000ff00000000";
inline constexpr const char* kNumericRoomBufferBase64 =
    "AAAJdXNlcl8wMDAxU3JOAQAAMDllU/IsAAAA/wAAAAA=";
inline constexpr const char* kNumericRoomSignature = "EQDB2jBdP7ePs134hgiVQ/hM9J6GBogihqlJlGkFs9M=";
inline constexpr const char* kStringRoomBuffer =
    "010009757365725f3030303153724e01000000006553f22c0000002a00000000000c726f6f6d5f616231325f6364";
inline constexpr const char* kStringRoomSignature = "h6iX9nKIQxGMLgvWrFfIX8sXtOcJ5ZyyNQdRZw3+a7s=";

/// Version 1, issued at 1700000000: for 2592000, 300 and 300 seconds.
inline constexpr const char* kPublicKeyPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9VBwlStxbb5TY0G1s5WX1h2zuSoA\n"
    "4jal0b5tStePM5AcOkPrXDWBFEQjTtrjKNCFTPIgzqojUO5tiTEA0rIKWg==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr const char* kV1A =
    "eJxtjM1ugkAYRd-lW5vG4R92FmlExEhBRTYT4gw4WnE6DM3Qpu9uqiR14V2ek3t*IFukLyXnjOBSYl0Q8AAZ"
    "4-sQjO5*v790jcSy5xQ80C3H0gbFCG0kqxgV4EHXUoEffi054Vv7WVSy818M2QMfD5wqzgTFZSVvTc10tX-Z"
    "sho8iIOdHyZTuVR1ecnmteoDUdl*ZhvEaoJN4CBHbCY*mW*LnO5mSk-Cw2T1NXXs13XrfrwvzkmE1Od34TYq"
    "ovExzU9msY1SHubSquM3*L0CnD5TiQ__";
inline constexpr const char* kV1B =
    "eJxNjstuwjAQRf9ltq2KnYcClrqoykMQ0jYqNYSNZdkOWAQTbIOgqP9eNQ2IWd6jc*9cYDb9fOJC7A7GM3*u"
    "FRBA8NjEWirjdamVBQIHpyxDCOEW8rrWknHPQivvHCc3rEFAAEfo-66OOtXaKsZL31SG6GodlXV6Z4BAgHCM"
    "g7DRWuj19u8rnLRttym9AgLZ4Ot1nPdtOe-RJR9trYiHnWDiOMrk*bR*2C*Es*k6L6puOjUfqcjHq76vnJpl"
    "cV5*J4vl3nSOtHqnaUG7hd*8zN9GUTSpkqgX0uIZfn4BvRdXgQ__";
inline constexpr const char* kV1WithUserbuf =
    "eJxNjktvgkAUhf-L3dqUAUSRxMVtqVUrPopjbDcEmIFMQcFh8JGm-72RQtK7uIvz5Ts537Bd*I9hHBf1UQXq"
    "VnJwgMBDEwvGj0okgktwoK64DAghegvDshQsCFVgSvbPqVgWNAgc0Pvk7zqHX0sheRAmqqk0SWeduaxEcQQH"
    "DKJbumE2WguVONxX6cO2rcvvi6I6AQcQcc72yzzO7Yvn4pWa8xVuED03z6k2qxARtcv947jbKVJwwHuhz7ON"
    "u8g1yyquceGr08hbv31*ZUNq0Kjer7Xp0HYpjT9e-d5g4qezdOdavQNWKzaYRDIz7Mj23cvp9m7ul31jq02f"
    "RizTTzuZGPEYfn4B5ttoRw__";

}  // namespace rtcroom::vectors
