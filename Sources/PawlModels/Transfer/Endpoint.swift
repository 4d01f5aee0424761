import CCurl
import PawlCore

/// Where requests go, and how they get there.
struct Endpoint: Sendable, Hashable {
  let url: String
  let scheme: String
  /// Lower case, without brackets.
  let host: String
  /// Nil to connect directly.
  let proxy: String?
  /// Hosts that the proxy is not for, as `no_proxy` lists them.
  let noProxy: String
  /// A file of certificates to trust; nil for the system's.
  let certificates: String?

  /// Whether it is this machine, so that nothing is paid and no proxy is asked.
  var isLoopback: Bool { Self.isLoopback(host) }

  init(_ rule: ModelRule, environment: [String: String]) throws(ModelError) {
    let base = rule.baseURL ?? (rule.api == .anthropic ? "https://api.anthropic.com" : "https://api.openai.com/v1")
    let path = rule.api == .anthropic ? "/v1/messages" : "/chat/completions"
    let trimmed = base.hasSuffix("/") ? String(base.dropLast()) : base
    guard let parts = URLParts(trimmed), parts.scheme == "https" || parts.scheme == "http" else {
      throw ModelError(
        .configuration, "`\(oneLine(Self.withoutCredentials(base), limit: 120))` is no address of a server",
        hints: ["write `base_url` like `http://localhost:11434/v1`"])
    }
    guard !parts.hasCredentials else {
      throw ModelError(
        .configuration, "`base_url` holds a name or a password",
        hints: ["`key` or `key_file` says where the key is; `base_url` is shown in reports"])
    }
    guard !parts.hasQuery else {
      throw ModelError(
        .configuration, "`base_url` has a query or a fragment: requests go to `\(path)` behind it",
        hints: ["write `base_url` like `http://localhost:11434/v1`"])
    }
    url = trimmed + path
    scheme = parts.scheme
    host = parts.host
    if let named = rule.proxy {
      guard URLParts(named.contains("://") ? named : "http://" + named) != nil else {
        throw ModelError(
          .configuration, "`proxy` is no address",
          hints: ["write `proxy` like `http://proxy.example:3128`"])
      }
      proxy = named
      noProxy = ""
    } else {
      // libcurl's own order; `HTTP_PROXY` in capitals can be set by whoever sends a request to a CGI program, so it does not count.
      let names = scheme == "https" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
      let found = (names + ["all_proxy", "ALL_PROXY"]).lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
      proxy = Self.isLoopback(host) ? nil : found
      noProxy = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    }
    certificates = rule.certificates ?? environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The password in the proxy's address, as it is written there and as it is meant.
  var secrets: [Secret] {
    guard let proxy, let parts = URLParts(proxy.contains("://") ? proxy : "http://" + proxy) else { return [] }
    return [parts.password, parts.writtenPassword].compactMap { $0.map { Secret($0) } }
  }

  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }

  private static func withoutCredentials(_ url: String) -> String {
    guard let at = url.lastIndex(of: "@") else { return url }
    return "…" + url[url.index(after: at)...]
  }
}

/// A URL taken apart by libcurl, so that both see the same host in it.
struct URLParts {
  let scheme: String
  let host: String
  let password: String?
  /// Without its escapes read.
  let writtenPassword: String?
  let hasCredentials: Bool
  let hasQuery: Bool

  init?(_ text: String) {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else { return nil }
    func part(_ part: CURLUPart, decoded: Bool = false) -> String? {
      var found: UnsafeMutablePointer<CChar>?
      guard curl_url_get(handle, part, &found, decoded ? UInt32(CURLU_URLDECODE) : 0) == CURLUE_OK, let found else {
        return nil
      }
      defer { curl_free(found) }
      return String(cString: found)
    }
    guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST), !host.isEmpty else { return nil }
    self.scheme = scheme.lowercased()
    self.host = host.lowercased().trimmingBrackets
    password = part(CURLUPART_PASSWORD, decoded: true)
    writtenPassword = part(CURLUPART_PASSWORD)
    hasCredentials = part(CURLUPART_USER) != nil || password != nil
    hasQuery = part(CURLUPART_QUERY) != nil || part(CURLUPART_FRAGMENT) != nil
  }
}

extension String {
  fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
