/// Tells values that must not stand in pawl.yaml, which is committed, shown and journaled whole.
enum SecretCheck {
  private static let endings = [
    "KEY", "KEYS", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "CREDENTIALS", "AUTH", "PAT",
  ]

  /// Whether a variable's value is a secret: going by its name, or a URL with a password in it.
  ///
  /// `MAX_THINKING_TOKENS` and `TOKENIZERS_PARALLELISM` are settings: one word of the name must be a secret's, or end like one's.
  static func isSecret(_ value: some StringProtocol, of name: String) -> Bool {
    guard !value.isEmpty else { return false }
    let words = name.uppercased().split(separator: "_")
    let isNamedSo = words.contains { word in
      endings.contains { $0.utf8.count > 4 ? word.hasSuffix($0) : word == $0 } || word.hasSuffix("KEY")
    }
    return isNamedSo || hasLogin(value)
  }

  /// Whether a URL names a user or a password before its host.
  static func hasLogin(_ url: some StringProtocol) -> Bool {
    guard let colon = url.firstRange(of: "://") else { return false }
    return url[colon.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.contains("@")
  }
}
