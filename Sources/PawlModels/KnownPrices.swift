public import PawlCore
import PawlTransfer

extension TokenPrice {
  public static let free = Self(input: 0, output: 0, cacheRead: 0, cacheWrite: 0)

  /// Returns the list price of a well-known model by its provider's own API; nil for any other.
  ///
  /// Provider's prefixes (`anthropic/`), dates behind the name and dots in place of dashes are seen through. The prices are those of
  /// 2026-11-21; where a provider asks more for long prompts, those of short ones.
  public static func known(model: String) -> Self? {
    var name = model.lowercased()
    if let slash = name.lastIndex(of: "/") { name = String(name[name.index(after: slash)...]) }
    if name.hasSuffix(":free") { return free }
    name = String(name.prefix { $0 != ":" && $0 != "@" }).replacingDots
    for prefix in ["anthropic-", "openai-"] where name.hasPrefix(prefix) { name = String(name.dropFirst(prefix.count)) }
    return listed.first { entry in
      guard name.hasPrefix(entry.model) else { return false }
      let rest = name.dropFirst(entry.model.count)
      return rest.isEmpty || rest == "-latest" || isDate(rest)
    }?.price
  }

  /// US dollars for a million tokens: input, output, read from the cache, written to it (for five minutes).
  ///
  /// Anthropic: platform.claude.com/docs/en/about-claude/pricing, with Sonnet 5.5's cheaper cache of 2026-10-07 and Haiku 5.5 up to
  /// 100,000 tokens of prompt. OpenAI: developers.openai.com/api/docs/pricing, as quoted on 2026-09-22 for the models of September, up
  /// to 272,000 tokens of prompt; GPT-5's cache costs nothing to write beyond the input.
  private static let listed: [(model: String, price: TokenPrice)] = [
    ("claude-fable-5-1", price(10, 50, 0.25, 12.5)), ("claude-fable-5", price(10, 50, 1, 12.5)),
    ("claude-opus-5-5", price(4, 20, 0.2, 5)), ("claude-opus-5", price(5, 25, 0.5, 6.25)),
    ("claude-opus-4-8", price(5, 25, 0.5, 6.25)), ("claude-opus-4-7", price(5, 25, 0.5, 6.25)),
    ("claude-opus-4-6", price(5, 25, 0.5, 6.25)), ("claude-opus-4-5", price(5, 25, 0.5, 6.25)),
    ("claude-opus-4-1", price(15, 75, 1.5, 18.75)),
    ("claude-sonnet-5-5", price(2, 10, 0.1, 2.5)), ("claude-sonnet-5", price(2, 10, 0.2, 2.5)),
    ("claude-sonnet-4-6", price(3, 15, 0.3, 3.75)), ("claude-sonnet-4-5", price(3, 15, 0.3, 3.75)),
    ("claude-sonnet-4", price(3, 15, 0.3, 3.75)),
    ("claude-haiku-5-5", price(0.1, 0.5, 0.01, 0.125)), ("claude-haiku-4-5", price(1, 5, 0.1, 1.25)),
    ("gpt-6-astra", price(10, 50, 1, 12.5)), ("gpt-6-sol", price(2, 10, 0.2, 2.5)),
    ("gpt-6-luna", price(0.1, 0.5, 0.01, 0.125)), ("gpt-5-1", price(1.25, 10, 0.125, 1.25)),
    ("gpt-5", price(1.25, 10, 0.125, 1.25)),
  ]

  private static func price(_ input: Double, _ output: Double, _ read: Double, _ write: Double) -> TokenPrice {
    TokenPrice(input: input, output: output, cacheRead: read, cacheWrite: write)
  }

  /// `-20251101` or `-2026-09-22`.
  private static func isDate(_ rest: Substring) -> Bool {
    guard rest.first == "-" else { return false }
    let digits = rest.dropFirst().filter { $0 != "-" }
    return digits.count == 8 && digits.allSatisfy(\.isNumber)
  }
}

extension ModelRule {
  /// Whether it asks this machine, which costs no money.
  public var isLocal: Bool { baseURL.flatMap { URLParts($0) }.map { Endpoint.isLoopback($0.host) } ?? false }

  /// Returns the rule with a price where one is known: its own first, nothing for this machine, else the provider's list price.
  public func priced() -> Self {
    var rule = self
    // Behind another address the same model may cost anything.
    rule.price = price ?? (isLocal ? .free : baseURL == nil ? .known(model: model) : nil)
    return rule
  }
}

extension String {
  fileprivate var replacingDots: String { String(map { $0 == "." ? "-" : $0 }) }
}
