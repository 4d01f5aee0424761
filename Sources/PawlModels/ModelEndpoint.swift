import PawlCore
import PawlTransfer

extension Endpoint {
  /// Where requests to a model go.
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
    var way = Self.proxy(for: parts, environment)
    if let named = rule.proxy {
      guard URLParts(named.contains("://") ? named : "http://" + named) != nil else {
        throw ModelError(
          .configuration, "`proxy` is no address",
          hints: ["write `proxy` like `http://proxy.example:3128`"])
      }
      way = (named, "")
    }
    self.init(
      url: trimmed + path, parts: parts, proxy: way.proxy, noProxy: way.noProxy,
      certificates: rule.certificates ?? Self.certificates(environment))
  }

  private static func withoutCredentials(_ url: String) -> String {
    guard let at = url.lastIndex(of: "@") else { return url }
    return "…" + url[url.index(after: at)...]
  }
}
