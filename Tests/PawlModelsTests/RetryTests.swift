import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

/// The decision to try again, without any server; and that the client does as it says.
@Suite struct RetryTests {
  private func wait(
    _ headers: [(String, String)], status: Int = 429, left: Double = 1e6, date: Double = TestClock.date
  ) -> RetryPolicy.Decision {
    var policy = RetryPolicy(retries: 3, seed: 1)
    return policy.decide(RetryPolicy.Failure(status: status, headers: Headers(headers)), left: left, date: date)
  }

  struct Said: Sendable {
    let headers: [(String, String)]
    let seconds: Double
    init(_ seconds: Double, _ headers: (String, String)...) {
      self.headers = headers
      self.seconds = seconds
    }
  }

  /// The clock stands at Sun, 06 Nov 1994 08:49:37 GMT.
  static let said = [
    Said(7, ("Retry-After", "7")), Said(0, ("retry-after", "0")), Said(1.5, ("retry-after", "1.5")),
    Said(0, ("retry-after", "-3")), Said(30, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")),
    Said(0, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")), Said(0.25, ("retry-after-ms", "250")),
    Said(0.25, ("retry-after", "9"), ("retry-after-ms", "250")),
    Said(9, ("retry-after", "9"), ("retry-after-ms", "soon")),
    Said(
      83, ("anthropic-ratelimit-requests-remaining", "0"),
      ("anthropic-ratelimit-requests-reset", "1994-11-06T08:51:00Z")),
    Said(
      23, ("anthropic-ratelimit-requests-remaining", "12"),
      ("anthropic-ratelimit-requests-reset", "1994-11-06T09:00:00Z"),
      ("anthropic-ratelimit-tokens-remaining", "0"), ("anthropic-ratelimit-tokens-reset", "1994-11-06T09:50:00+01:00")),
    Said(360, ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0s")),
    Said(
      0.012, ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "12ms"),
      ("x-ratelimit-remaining-tokens", "100"), ("x-ratelimit-reset-tokens", "1h")),
    Said(61.5, ("x-ratelimit-reset-requests", "1m1.5s"), ("x-ratelimit-reset-tokens", "2m")),
    Said(5, ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "784111782000")),
    Said(5, ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "5")),
    Said(4, ("retry-after", "4"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0s")),
  ]

  @Test(arguments: said)
  func `the server's own headers say how long to wait`(said: Said) {
    guard case .again(let seconds) = wait(said.headers) else {
      Issue.record("not tried again after \(said.headers)")
      return
    }
    #expect(abs(seconds - said.seconds) < 1e-6, "\(said.headers)")
  }

  @Test(arguments: [
    ("retry-after", "tomorrow"), ("retry-after", ""), ("retry-after", "nan"), ("retry-after", "inf"),
    ("retry-after", "1e999"), ("retry-after", "0x10"), ("retry-after", "Sun, 99 Nov 1994 08:50:07 GMT"),
    ("x-ratelimit-reset-tokens", "6q"), ("x-ratelimit-reset-tokens", "-1"), ("x-ratelimit-limit-tokens", "5"),
    ("anthropic-ratelimit-tokens-reset", "1994-13-06T08:51:00Z"), ("anthropic-ratelimit-tokens-reset", "later"),
  ])
  func `a header that says nothing leaves the wait to the back-off`(name: String, value: String) {
    #expect(wait([(name, value)]) == wait([]))
  }

  @Test func `resets of limits that were not met do not count`() {
    #expect(wait([("x-ratelimit-remaining-tokens", "5"), ("x-ratelimit-reset-tokens", "6m0s")]) == wait([]))
    #expect(wait([("x-ratelimit-reset-tokens", "6m0s")], status: 503) == wait([], status: 503))
  }

  @Test func `the back-off doubles, is spread by the seed, and has a limit`() {
    func waits(seed: UInt64) -> [Double] {
      var policy = RetryPolicy(retries: 12, seed: seed)
      return (0..<12).compactMap { _ in
        guard case .again(let wait) = policy.decide(RetryPolicy.Failure(isOnTheWay: true), left: 1e9, date: 0) else {
          return nil
        }
        return wait
      }
    }
    #expect(waits(seed: 1) == waits(seed: 1))
    #expect(waits(seed: 1) != waits(seed: 2))
    for seed in UInt64(0)..<50 {
      let waits = waits(seed: seed)
      #expect(waits.count == 12)
      for (index, wait) in waits.enumerated() {
        let full = min(60, Double(1 << index))
        #expect(wait >= full / 2 && wait <= full)
      }
    }
  }

  @Test(arguments: 100..<600)
  func `only passing statuses are tried again`(status: Int) {
    let isPassing = [408, 409, 429, 500, 502, 503, 504, 529].contains(status)
    #expect((wait([], status: status) != .useless) == isPassing)
    #expect(wait([("x-should-retry", "false")], status: status) == .useless)
    #expect(wait([("x-should-retry", "true")], status: status) != .useless)
  }

  @Test func `there are no more tries than the rule allows, and none beyond the time`() {
    var policy = RetryPolicy(retries: 2, seed: 1)
    let failure = RetryPolicy.Failure(status: 500)
    #expect(policy.decide(failure, left: 100, date: 0) != .noTriesLeft)
    #expect(policy.decide(failure, left: 100, date: 0) != .noTriesLeft)
    #expect(policy.decide(failure, left: 100, date: 0) == .noTriesLeft)
    var none = RetryPolicy(retries: 0, seed: 1)
    #expect(none.decide(failure, left: 100, date: 0) == .noTriesLeft)
    #expect(wait([("retry-after", "3600")], left: 900) == .tooLong(wait: 3600))
    #expect(wait([("retry-after", "900")], left: 900) == .tooLong(wait: 900))
  }

  @Test func `the client waits as long as the server asks`() throws {
    let busy = ScriptedServer.response(
      #"{"error":{"message":"slow down"}}"#, status: 429, headers: [("Retry-After", "17")])
    let over = ScriptedServer.response(
      #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, status: 529,
      headers: [("retry-after-ms", "1500")])
    let asked = try ask(.anthropic, [busy, over, wholeReply(.anthropic)])
    #expect(asked.waits == [17, 1.5])
    #expect(asked.reply?.tries == 3)
    #expect(asked.reply?.seconds == 18.5)
    #expect(Set(asked.requests.map(\.body)).count == 1)
  }

  @Test func `a wait beyond the time that is left is an error at once`() throws {
    let busy = ScriptedServer.response(
      #"{"error":{"message":"come back tomorrow"}}"#, status: 429, headers: [("Retry-After", "86400")])
    let asked = try ask(.openai, [busy])
    #expect(asked.error?.code == .busy)
    #expect(asked.error?.message == "`127.0.0.1` answered 429: come back tomorrow")
    #expect(asked.error?.hints == ["the next try would be in 1 d, and `total` is 15 min"])
    #expect(asked.waits.isEmpty)
  }

  @Test func `a cancellation during a wait ends it`() throws {
    let busy = ScriptedServer.response("{}", status: 503)
    let server = try #require(ScriptedServer([busy]))
    defer { server.stop() }
    let flag = Flag()
    let clock = TestClock()
    let client = try ModelClient(rule: .scripted(.openai, server.url), secret: nil, environment: [:])
    let error = #expect(throws: ModelError.self) {
      try client.complete(simpleRequest, seed: 1, clock: clock.clock { _ in flag.set() }) { flag.isSet }
    }
    #expect(error?.code == .cancelled)
    #expect(error?.tries == 1)
    #expect(server.requests.count == 1)
  }

  @Test func `the system's clock ends a wait as soon as it is cancelled`() {
    let flag = Flag()
    flag.set()
    let start = ModelClock.system.elapsed()
    ModelClock.system.wait(3600) { flag.isSet }
    #expect(ModelClock.system.elapsed() - start < 3600)
    ModelClock.system.wait(0.01) { false }
    #expect(ModelClock.system.elapsed() - start >= 0.01)
  }

  @Test func `dates are read as the RFCs write them`() {
    #expect(secondsOfHTTPDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(secondsOfHTTPDate("Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
    #expect(secondsOfTimestamp("1970-01-01T00:00:00Z") == 0)
    #expect(secondsOfTimestamp("2026-11-21T18:41:32.250Z") == 1_795_286_492.25)
    #expect(secondsOfTimestamp("2026-11-21T20:11:32+01:30") == 1_795_286_492)
    for text in ["", "T", "2026-11-21", "2026-11-21T25:00:00Z", "2026-11-21T10:00:00", "9999999999-01-01T00:00:00Z"] {
      #expect(secondsOfTimestamp(text) == nil, "\(text)")
    }
  }
}
