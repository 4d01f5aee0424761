import CCurl

/// A URL taken apart by libcurl, so that both see the same host in it.
public struct URLParts {
  public let scheme: String
  public let host: String
  public let password: String?
  /// Without its escapes read.
  public let writtenPassword: String?
  public let hasCredentials: Bool
  public let hasQuery: Bool

  public init?(_ text: String) {
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
