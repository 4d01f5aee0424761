import PawlCore

/// Decides whether a request that brought nothing is sent again, and when; pure, so that its table can be tested.
struct RetryPolicy {
  /// What is known of a try that brought nothing.
  struct Failure {
    /// Nil where no response came.
    var status: Int?
    var headers = Headers()
    var words: ServerWords?
    /// Whether it failed on the way, before the server's first byte.
    var isOnTheWay = false
  }
  enum Decision: Hashable {
    case again(after: Double)
    /// Another try would bring the same.
    case useless
    case noTriesLeft
    /// The server wants a longer wait than the request may last.
    case tooLong(wait: Double)
  }
  static let statuses: Set<Int> = [408, 409, 429, 500, 502, 503, 504, 529]
  /// Seconds before the second try at most, and before any later one.
  static let firstWait = 1.0
  static let longestWait = 60.0

  let retries: Int
  private var retried = 0
  private var generator: SeededGenerator

  init(retries: Int, seed: UInt64) {
    self.retries = retries
    generator = SeededGenerator(seed: seed)
  }

  /// `left` are the seconds that the request may still last; `date` is the time of day, in seconds since 1970.
  mutating func decide(_ failure: Failure, left: Double, date: Double) -> Decision {
    guard Self.isPassing(failure) else { return .useless }
    guard retried < retries else { return .noTriesLeft }
    let wait = serverWait(failure.headers, status: failure.status, date: date) ?? backOff()
    guard wait < left else { return .tooLong(wait: wait) }
    retried += 1
    return .again(after: wait)
  }

  private static func isPassing(_ failure: Failure) -> Bool {
    if failure.words?.isOutOfMoney == true { return false }
    // Sent by both providers' own servers, for their own clients.
    switch failure.headers["x-should-retry"] {
    case "true": return true
    case "false": return false
    default: return failure.isOnTheWay || failure.status.map { statuses.contains($0) } ?? false
    }
  }

  /// Doubles with each try; between half of it and all of it, so that many who failed together do not come back together.
  private mutating func backOff() -> Double {
    var wait = Self.firstWait
    for _ in 0..<min(retried, 16) { wait *= 2 }
    return min(wait, Self.longestWait) * (0.5 + 0.5 * generator.unit())
  }

  /// Returns the seconds that the server asks to wait; nil where it does not say.
  private func serverWait(_ headers: Headers, status: Int?, date: Double) -> Double? {
    if let text = headers["retry-after-ms"], let value = Self.number(text) { return max(0, value / 1000) }
    if let text = headers["retry-after"] {
      if let value = Self.number(text) { return max(0, value) }
      if let moment = secondsOfHTTPDate(text) ?? secondsOfTimestamp(text) { return max(0, moment - date) }
    }
    // The other headers come with every response and tell something only about a limit that was met.
    guard status == 429 else { return nil }
    var exhausted: [Double] = []
    var unknown: [Double] = []
    for family in ["anthropic-ratelimit-", "x-ratelimit-"] {
      for (name, value) in headers.starting(with: family) {
        guard let wait = Self.reset(value, date: date), let limit = Self.limit(of: name, family) else { continue }
        let remaining = limit.isEmpty ? headers[family + "remaining"] : Self.remaining(of: limit, family, headers)
        switch remaining.flatMap({ Self.number($0) }) {
        case .some(let count) where count <= 0: exhausted.append(wait)
        case nil: unknown.append(wait)
        default: break
        }
      }
    }
    return exhausted.max() ?? unknown.min()
  }

  /// Anthropic writes `anthropic-ratelimit-tokens-reset`, OpenAI `x-ratelimit-reset-tokens`, OpenRouter `x-ratelimit-reset`.
  private static func limit(of name: String, _ family: String) -> String? {
    let rest = name.dropFirst(family.count)
    if rest == "reset" { return "" }
    if rest.hasPrefix("reset-") { return String(rest.dropFirst(6)) }
    if rest.hasSuffix("-reset") { return String(rest.dropLast(6)) }
    return nil
  }

  private static func remaining(of limit: String, _ family: String, _ headers: Headers) -> String? {
    headers[family + limit + "-remaining"] ?? headers[family + "remaining-" + limit]
  }

  /// Returns seconds from now: out of a date, a duration as `6m0s` or `12ms`, seconds, or a moment as a number.
  private static func reset(_ text: String, date: Double) -> Double? {
    if let value = number(text) {
      // No limit lasts for years: such a number is a moment, in seconds or, as OpenRouter has it, in milliseconds.
      if value > 1e11 { return max(0, value / 1000 - date) }
      if value > 1e9 { return max(0, value - date) }
      return value >= 0 ? value : nil
    }
    return duration(text) ?? secondsOfTimestamp(text).map { max(0, $0 - date) }
  }

  /// Returns the seconds of a duration as Go writes it.
  static func duration(_ text: String) -> Double? {
    var total = 0.0
    var rest = text[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      let unit = rest.dropFirst(digits.count).prefix { !($0.isNumber || $0 == ".") }
      guard let value = number(String(digits)),
        let scale = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400][
          String(unit)]
      else { return nil }
      total += value * scale
      rest = rest.dropFirst(digits.count + unit.count)
    }
    return total
  }

  private static func number(_ text: String) -> Double? {
    // `Double` would take a hexadecimal number too.
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }), let value = Double(text),
      value.isFinite
    else { return nil }
    return value
  }
}
