import PawlCore
import Testing

@testable import PawlConfiguration

@Suite struct `The key curve` {
  private func parse(_ more: String) throws -> StudyConfiguration {
    let text = """
      study: demo
      command: python3 train.py
      metric: {name: loss, pattern: '^loss: ([0-9.]+)', direction: minimize}
      editable: [train.py]

      """
    return try StudyFile.parse(text + more, path: "pawl.yaml")
  }

  private static let pattern = #"step (\d+) loss ([0-9.]+)"#

  @Test func `is a pattern, or a map with one`() throws {
    #expect(try parse("").curve == nil)
    #expect(try parse("curve:").curve == nil)
    #expect(try parse("curve: '\(Self.pattern)'").curve == CurveRule(pattern: Self.pattern))
    #expect(try parse("curve: {pattern: '\(Self.pattern)'}").curve == CurveRule(pattern: Self.pattern))
    #expect(
      try parse("curve: {pattern: '\(Self.pattern)', stop: false}").curve
        == CurveRule(pattern: Self.pattern, stopsEarly: false))
  }

  @Test(arguments: [
    (#"curve: 'step (\d+)'"#, "`curve` has 1 capture group, not two"),
    ("curve: '(a)(b)(c)'", "`curve` has 3 capture groups, not two"),
    ("curve: {pattern: 'step'}", "`curve.pattern` has no capture group, not two"),
    ("curve: '('", "`curve` is not a regular expression"),
    ("curve: {stop: true}", "`curve.pattern` is missing"),
    ("curve: {pattern: [a]}", "`curve.pattern` must be a text"),
    ("curve: {pattern: '(a)(b)', stop: maybe}", "`curve.stop`"),
    ("curve: {patern: '(a)(b)'}", "patern"),
    ("curve: [a]", "`curve` must be"),
  ]) func `is refused where it cannot be`(text: String, message: String) {
    #expect {
      try parse(text)
    } throws: { error in
      "\((error as? ConfigurationError)?.message ?? "") \((error as? ConfigurationError)?.problems.map(\.message) ?? [])"
        .contains(message)
    }
  }

  @Test(arguments: [true, false]) func `is written back as it was read`(stops: Bool) throws {
    var configuration = try parse("")
    configuration.curve = CurveRule(pattern: Self.pattern, stopsEarly: stops)
    let text = StudyFile.render(configuration, layout: .custom)
    #expect(try StudyFile.parse(text, path: "pawl.yaml").curve == configuration.curve)
  }
}
