#pragma once
#include <curl/curl.h>

// libcurl's setters and getters are variadic, which Swift cannot call: one wrapper for each type that is passed.

static inline CURLcode pawl_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

// libcurl copies the text.
static inline CURLcode pawl_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pawl_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

// For buffers, lists and the contexts of callbacks: they must outlive the transfer.
static inline CURLcode pawl_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*pawl_curl_sink)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode pawl_curl_set_sink(CURL *handle, CURLoption option, pawl_curl_sink sink) {
  return curl_easy_setopt(handle, option, sink);
}

// Only this scheme; the bit mask where libcurl is too old to take the name.
static inline CURLcode pawl_curl_set_scheme(CURL *handle, const char *scheme) {
#if CURL_AT_LEAST_VERSION(7, 85, 0)
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, scheme);
#else
  return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(scheme[4] == 's' ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
}

typedef int (*pawl_curl_progress)(void *context, curl_off_t down, curl_off_t downNow, curl_off_t up, curl_off_t upNow);
static inline CURLcode pawl_curl_set_progress(CURL *handle, pawl_curl_progress progress) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
}

static inline CURLcode pawl_curl_get_number(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

// What a finished transfer came to.
static inline CURLcode pawl_curl_result(const CURLMsg *message) { return message->data.result; }
