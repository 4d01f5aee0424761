import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Testing

@testable import PawlRatchet

@Suite struct AuditTests {
  /// A made-up session: what was recorded, and what its codes are truly worth.
  struct Session {
    var rows: [AuditRow] = []
    /// The true improvement of each kept row, by line.
    var effects: [Int: Double] = [:]
    var progress: Double { effects.values.reduce(0, +) }
  }

  static func row(_ line: Int, _ value: Double?, kept: Bool?, commit: String? = nil, _ description: String = "")
    -> AuditRow
  {
    AuditRow(line: line, commit: commit ?? "c\(10_000 + line)", value: value, kept: kept, description: description)
  }

  /// Any better run is kept; a tenth improve, a third do nothing.
  static func session(seed: UInt64, sigma: Double, trials: Int = 125) -> Session {
    var generator = SeededGenerator(seed: seed)
    func normal() -> Double { Normal.quantile(max(1e-15, generator.unit())) }
    var session = Session()
    var truth = 0.998
    var best = truth + sigma * normal()
    session.rows.append(row(2, best, kept: true, "baseline"))
    for trial in 0..<trials {
      let part = generator.unit()
      let size = -2e-3 * log(max(1e-12, generator.unit()))
      let effect = part < 0.1 ? size : part < 0.4 ? 0 : -size
      let value = truth - effect + sigma * normal()
      let kept = value < best
      session.rows.append(row(trial + 3, value, kept: kept, "idea \(trial)"))
      guard kept else { continue }
      (best, truth) = (value, truth - effect)
      session.effects[trial + 3] = effect
    }
    return session
  }

  static func audit(_ rows: [AuditRow], sigma: Double, direction: Direction = .minimize) throws -> AuditReport {
    try Audit.report(rows, direction: direction, noise: .given(sigma: sigma))
  }

  @Test func `what it believes holds as often as it says, and what it calls evidence is`() throws {
    var covered = 0
    var again = 0
    var evidence = 0
    var wrong = 0
    var flattered = 0.0
    let sessions = 80
    for seed in 0..<sessions {
      let session = Self.session(seed: UInt64(seed), sigma: 1e-3)
      let report = try Self.audit(session.rows, sigma: 1e-3)
      let summary = try #require(report.summaries.first)
      if (summary.believedLow...summary.believedHigh).contains(session.progress) { covered += 1 }
      let truth = 0.998 - session.progress
      if (summary.againLow...summary.againHigh).contains(truth) { again += 1 }
      flattered += summary.claimed - session.progress
      for step in report.steps where step.verdict == .evidence {
        evidence += 1
        if session.effects[step.line] ?? 0 <= 0 { wrong += 1 }
      }
    }
    #expect(covered >= 68, "95 % intervals of the progress")
    #expect(again >= 76, "intervals of a run, which has noise of its own")
    #expect(evidence > 100)
    #expect(Double(wrong) <= 0.05 * Double(evidence) + 3 * (0.05 * Double(evidence)).squareRoot())
    #expect(flattered > 0, "what is claimed is too good on average")
  }

  @Test func `keeps smaller than a change that does nothing are noise, large ones are evidence`() throws {
    // Of the order of the public record: sigma about 5e-4, steps from 2e-5 to 7e-3.
    var rows = [Self.row(2, 0.9979, kept: true, "baseline")]
    var value = 0.9979
    for index in 0..<22 {
      value -= index % 2 == 0 ? 1e-4 + 1e-5 * Double(index) : 4e-3
      rows.append(Self.row(rows.count + 2, value, kept: true))
      for discard in 0..<4 { rows.append(Self.row(rows.count + 2, value + 1e-3 + 1e-3 * Double(discard), kept: false)) }
    }
    let report = try Self.audit(rows, sigma: 5e-4)
    for step in report.steps where step.kept {
      #expect(step.verdict == (step.difference > 1e-3 ? .evidence : .noise), "line \(step.line)")
    }
    let summary = try #require(report.summaries.first)
    #expect(summary.keeps == 22 && summary.evidence == 11 && summary.noise == 11)
    #expect(summary.believed < summary.claimed && summary.again > summary.finalValue)
    #expect(summary.pairs == 4)
  }

  @Test func `noise far below the steps makes all evidence, far above none`() throws {
    let session = Self.session(seed: 5, sigma: 1e-3)
    let quiet = try Self.audit(session.rows, sigma: 1e-9)
    #expect(quiet.summaries.first?.evidence == quiet.summaries.first?.keeps)
    #expect(quiet.steps.allSatisfy { !$0.kept || $0.pairs == 0 })
    let loud = try Self.audit(session.rows, sigma: 10)
    #expect(loud.summaries.first?.evidence == 0)
    #expect(loud.summaries.first?.pairs == nil)
  }

  @Test func `a smaller doubtful step takes more pairs to settle, and none at all is never settled`() throws {
    func pairs(_ difference: Double) throws -> Int? {
      let rows = [Self.row(2, 1, kept: true), Self.row(3, 1 - difference, kept: true)]
      return try #require(Self.audit(rows, sigma: 0.01).steps.first).pairs
    }
    #expect(try pairs(0) == nil)
    #expect(try pairs(0.2) == 0)
    let large = try #require(try pairs(0.03))
    let small = try #require(try pairs(0.015))
    #expect(large > 0 && small > large)
  }

  @Test func `maximize is the mirror of minimize`() throws {
    let session = Self.session(seed: 9, sigma: 1e-3)
    let mirrored = session.rows.map {
      Self.row($0.line, $0.value.map { -$0 }, kept: $0.kept, commit: $0.commit, $0.description)
    }
    let first = try Self.audit(session.rows, sigma: 1e-3)
    let second = try Self.audit(mirrored, sigma: 1e-3, direction: .maximize)
    #expect(first.steps.map(\.probabilityImproves) == second.steps.map(\.probabilityImproves))
    #expect(first.summaries.first?.again == second.summaries.first.map { -$0.again })
    #expect(first.summaries.first?.pairs == second.summaries.first?.pairs)
  }

  @Test func `without a status any better row counts as kept`() throws {
    let session = Self.session(seed: 2, sigma: 1e-3)
    let silent = session.rows.map { Self.row($0.line, $0.value, kept: nil, commit: $0.commit, $0.description) }
    let kept = try Self.audit(silent, sigma: 1e-3).steps.filter(\.kept).map(\.line)
    #expect(kept == session.effects.keys.sorted())
  }

  // MARK: noise

  static let again = [
    "baseline", "Baseline (seed 2)", "rerun of head", "no change, just noise check", "change random seed to 137",
    "seed 7", "re-run baseline to see noise", "no-op",
  ]
  static let fresh = [
    "wider than baseline by half", "increase learning rate", "remove no-decay group", "seedling embeddings",
    "baseline architecture but with twice the depth and rotary",
  ]

  @Test(arguments: again) func `a row that says so measures the same code again`(description: String) {
    let rows = [Self.row(2, 1, kept: true, "start"), Self.row(3, 0.9, kept: false, description)]
    #expect(AuditReplicates(rows).original == [nil, 0])
  }

  @Test(arguments: fresh) func `a row that changes something does not`(description: String) {
    let rows = [Self.row(2, 1, kept: true, "baseline"), Self.row(3, 0.9, kept: false, description)]
    #expect(AuditReplicates(rows).original == [nil, nil])
  }

  @Test func `the noise of replicate rows is pooled within codes`() throws {
    let rows = [
      Self.row(2, 1.0, kept: true, commit: "aaaaaaa", "baseline"),
      Self.row(3, 0.5, kept: true, commit: "bbbbbbb", "a large step"),
      Self.row(4, 1.02, kept: false, commit: "aaaaaaa", "the first code once more"),
      Self.row(5, 0.52, kept: false, commit: "ccccccc", "rerun"),
      Self.row(6, 0.54, kept: false, commit: "ddddddd", "slower warmup"),
    ]
    let report = try Audit.report(rows, direction: .minimize, noise: .rows)
    let noise = try #require(report.noise)
    #expect(noise.lines == [2, 3, 4, 5])
    #expect(noise.degreesOfFreedom == 2)
    #expect(abs(noise.sigma - 0.02 / 2.0.squareRoot()) < 1e-12)
    let (low, high) = (try #require(noise.low), try #require(noise.high))
    #expect(low < noise.sigma && noise.sigma < high)
    #expect(report.steps.map(\.line) == [3, 6], "measurements of the same code are no steps")
  }

  @Test func `a kept row that only drew another seed is audited like any other`() throws {
    let rows = [
      Self.row(2, 1, kept: true, "baseline"), Self.row(3, 0.999, kept: true, "change random seed to 137"),
      Self.row(4, 0.9, kept: true, "muon"),
    ]
    let report = try Audit.report(rows, direction: .minimize, noise: .rows)
    #expect(report.noise?.lines == [2, 3])
    #expect(report.steps.map(\.line) == [3, 4])
    #expect(report.steps.first?.verdict == .noise)
  }

  @Test func `rows that share their commits are not taken for replicates`() throws {
    let rows = (2..<12).map {
      Self.row($0, 1 - 0.1 * Double($0), kept: true, commit: $0 < 7 ? "aaaaaaa" : "bbbbbbb", "idea \($0)")
    }
    let report = try Audit.report(rows, direction: .minimize, noise: .rows)
    #expect(report.noise == nil)
    #expect(report.steps.count == 9)
    #expect(report.notes.contains { $0.contains("share their commits") })
  }

  @Test func `short commits that are the same by chance are not taken for replicates`() {
    func originals(_ commit: String) -> Int {
      var rows = (2..<200).map { Self.row($0, 1, kept: false, "idea") }
      rows.append(Self.row(300, 1, kept: false, commit: commit, "idea"))
      rows.append(Self.row(301, 1, kept: false, commit: commit, "idea"))
      return AuditReplicates(rows).original.count { $0 != nil }
    }
    #expect(originals("1a2b") == 0)
    #expect(originals("1a2b3c4") == 1)
  }

  @Test func `runs that agree to the last digit have the noise of rounding`() throws {
    let rows = [Self.row(2, 0.9, kept: true), Self.row(3, 0.8, kept: true)]
    let report = try Audit.report(rows, direction: .minimize, noise: .runs([0.9, 0.9, 0.9]))
    #expect(abs((report.noise?.sigma ?? 0) - 0.1 / 12.0.squareRoot()) < 1e-9)
    #expect(report.notes.contains { $0.contains("agree to the last digit") })
  }

  @Test func `few runs make it more careful than a noise that is known`() throws {
    let rows = [Self.row(2, 1, kept: true), Self.row(3, 0.97, kept: true)]
    let known = try Self.audit(rows, sigma: 0.01)
    let spread = 0.01 / 2.0.squareRoot()
    let few = try Audit.report(rows, direction: .minimize, noise: .runs([1 - spread, 1 + spread]))
    #expect(abs((few.noise?.sigma ?? 0) - 0.01) < 1e-9)
    let careful = try #require(few.steps.first?.probabilityImproves)
    let sure = try #require(known.steps.first?.probabilityImproves)
    #expect(careful < sure)
  }

  @Test func `one wild run for the noise is pointed at`() throws {
    let rows = [Self.row(2, 1, kept: true), Self.row(3, 0.97, kept: true)]
    let report = try Audit.report(rows, direction: .minimize, noise: .runs([1, 1.001, 0.999, 1.002, 1e6]))
    #expect(report.notes.contains { $0.contains("`1000000.0` stands alone") })
  }

  @Test func `where nothing tells the noise, each keep has its limit, and the file its bracket`() throws {
    let session = Self.session(seed: 3, sigma: 1e-3)
    let report = try Audit.report(session.rows, direction: .minimize, noise: .rows)
    #expect(report.noise == nil)
    #expect(report.steps.allSatisfy { $0.effect == nil && $0.verdict == nil })
    for step in report.steps where step.kept {
      let limit = try #require(step.evidenceUpToSigma)
      #expect(limit < step.difference)
      // At its limit it is evidence.
      let there = try Self.audit(session.rows, sigma: limit).steps.first { $0.line == step.line }
      #expect(there?.verdict == .evidence)
    }
    #expect(report.summaries.count == 2)
    let least = try #require(report.summaries.first)
    let most = try #require(report.summaries.last)
    #expect(least.evidence == least.keeps && most.evidence < most.keeps)
    #expect(least.sigma < 1e-3 && 1e-3 < most.sigma, "the true noise is within")
  }

  @Test func `a keep without any difference is evidence at no noise`() throws {
    let rows = [Self.row(2, 1, kept: true), Self.row(3, 1, kept: true), Self.row(4, 0.9, kept: true)]
    let report = try Audit.report(rows, direction: .minimize, noise: .rows)
    #expect(report.steps[0].evidenceUpToSigma == nil)
    #expect(report.steps[1].evidenceUpToSigma != nil)
  }
}
