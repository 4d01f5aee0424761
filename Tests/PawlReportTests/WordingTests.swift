import PawlCore
import Testing

@testable import PawlReport

@Suite struct WordingTests {
  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
    (1_773_093_604_999, "2026-03-09T22:00:04Z"), (Int64.max, "9999-12-31T23:59:59Z"),
    (Int64.min, "0001-01-01T00:00:00Z"),
  ])
  func `moments are written in UTC`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
  }

  @Test(
    arguments: [
      (#"set positions "learned" -> "rotary""#, "positions learned→rotary"), ("lower depth 3 -> 1", "depth 3→1"),
      ("depth 4 → 6", "depth 4→6"), ("learning rate 0.003 → 0.006: the loss still falls", "learning rate 0.003→0.006"),
      (#"raise LR 0.001 -> 0.0025, set NORM "layer" -> "rms""#, "LR 0.001→0.0025 +1"),
      ("lower a 3 -> 1, lower b 4 -> 2", "a 3→1, b 4→2"),
      ("lower a 3 -> 1, raise b 1 -> 2, and 7 more", "a 3→1, b 1→2 +7"),
      ("raise optimizer.adam.learning_rate 0.001 -> 0.002", "…earning_rate 0.001→0.002"),
      ("tie the embeddings", "tie the embeddings"),
      ("use a cosine schedule down to ten per cent", "use a cosine schedule…"), ("→", "→"), ("a → ", "a →"), ("", ""),
      (#"set prompt "aaaaaaaaaaaaaaaaaaaaaaaaaa" -> "bbbbbbbbbbbbbbbbbbbbbb""#, "prompt→bbbbbbbbbbb…"),
    ])
  func `names in the picture say what changes`(hypothesis: String, name: String) {
    #expect(hypothesis.plotName(width: 25) == name)
    for width in 16...40 { #expect(hypothesis.plotName(width: width).count <= width) }
  }

  @Test(
    arguments: [
      (4.25, "4.3 s"), (9.97, "10 s"), (61, "1 min 1 s"), (180, "3 min"), (3600, "1 h"), (3_601, "1 h"),
      (27_000, "7 h 30 min"), (432_000, "5 d"), (-1, "–"),
      (.infinity, "–"),
      (.greatestFiniteMagnitude, "11574 d 1 h"),
    ] as [(Double, String)])
  func `durations are written for people`(seconds: Double, text: String) {
    #expect(seconds.readableSeconds == text)
  }

  @Test(
    arguments: [
      ([1.2874], 0.0021, 1.2874, "1.2874"), ([3.4e-7], 2e-9, -3.25e-7, "−3.250×10⁻⁷"),
      ([1.5e9], 2e6, 1.5151e9, "1.5151×10⁹"),
      ([54_321.5], 10, 54_321.5, "54\u{202f}322"), ([0], 0, 0, "0.00000"), ([.nan], .nan, .infinity, "–"),
    ] as [([Double], Double, Double, String)])
  func `values show as many digits as their noise lets see`(
    values: [Double], noise: Double, value: Double, text: String
  ) {
    #expect(NumberStyle(values: values, resolution: noise).text(value) == text)
  }

  @Test func `a text is shortened at a word, without loose ends`() {
    #expect("learningRate 0.003 → 0.006: the loss falls".abbreviated(to: 30) == "learningRate 0.003 → 0.006…")
    #expect("short".abbreviated(to: 5) == "short")
    #expect("abcdefgh".abbreviated(to: 5) == "abcd…")
    #expect(" a\nb\u{7}c ".abbreviated(to: 80) == "a b c")
  }

  @Test func `several certificates add up, and share their confidence`() throws {
    var input = try ExampleStudy().input()
    let first = try #require(input.certificates.first)
    let second = Certificate(
      number: 2, candidate: TrialID(rawValue: 33), candidateCommit: first.candidateCommit, champion: first.candidate,
      championCommit: first.candidateCommit, effect: 0.01, interval: 0.005...0.015, eValue: 90, threshold: 80,
      alpha: 0.05,
      seeds: [1, 2, 3], candidateValues: [1, 1, 1], championValues: [1, 1, 1], referee: .report, sandbox: .full)
    input.certificates = [first, second]
    input.champion = second.candidate
    let html = StudyReport.html(input)
    #expect(html.contains("2 certified steps, the last with e-value 90; 11 pairs"))
    #expect(html.contains("90 % interval +0.01337 to"))
    #expect(html.contains("→ <b>1.2661</b>"))
    #expect(html.contains("<b>Self-reported:</b>"))
  }

  @Test func `the steps before a certified one are part of its stack`() throws {
    let html = StudyReport.html(try ExampleStudy().input())
    #expect(html.components(of: "in the stack") == 1)
  }
}
