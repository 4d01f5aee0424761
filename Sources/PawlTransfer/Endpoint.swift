import CCurl
public import PawlCore

/// Where requests go, and how they get there.
public struct Endpoint: Sendable, Hashable {
  public let url: String
  public let scheme: String
  /// Lower case, without brackets.
  public let host: String
  /// Nil to connect directly.
  public let proxy: String?
  /// Hosts that the proxy is not for, as `no_proxy` lists them.
  public let noProxy: String
  /// A file of certificates to trust; nil for the system's.
  public let certificates: String?

  /// Whether it is this machine, so that nothing is paid and no proxy is asked.
  public var isLoopback: Bool { Self.isLoopback(host) }

  /// - Parameter parts: of `url`.
  public init(url: String, parts: URLParts, proxy: String?, noProxy: String, certificates: String?) {
    self.url = url
    scheme = parts.scheme
    host = parts.host
    self.proxy = proxy
    self.noProxy = noProxy
    self.certificates = certificates
  }

  /// Returns the proxy that an environment names for an address, and the hosts that it is not for.
  ///
  /// The order is libcurl's own; `HTTP_PROXY` in capitals can be set by whoever sends a request to a CGI program, so it does not count.
  public static func proxy(
    for parts: URLParts, _ environment: [String: String]
  ) -> (proxy: String?, noProxy: String) {
    let names = parts.scheme == "https" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
    let found = (names + ["all_proxy", "ALL_PROXY"]).lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    return (isLoopback(parts.host) ? nil : found, environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
  }

  /// Returns the file of certificates that an environment names.
  public static func certificates(_ environment: [String: String]) -> String? {
    environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The password in the proxy's address, as it is written there and as it is meant.
  public var secrets: [Secret] {
    guard let proxy, let parts = URLParts(proxy.contains("://") ? proxy : "http://" + proxy) else { return [] }
    return [parts.password, parts.writtenPassword].compactMap { $0.map { Secret($0) } }
  }

  public static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }
}
