import PawlCore
import Testing

@testable import PawlRatchet

@Suite struct AuditInputTests {
  static func code(
    _ rows: [AuditRow], _ direction: Direction = .minimize, _ noise: AuditNoiseSource = .given(sigma: 0.01)
  )
    -> RatchetError.Code?
  {
    do throws(RatchetError) {
      _ = try Audit.report(rows, direction: direction, noise: noise)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `no rows, or none with a number, cannot be audited`() {
    #expect(Self.code([]) == .noMeasurement)
    #expect(Self.code([AuditTests.row(2, nil, kept: true), AuditTests.row(3, .nan, kept: true)]) == .noMeasurement)
  }

  @Test func `nothing kept after the first row is nothing to audit`() {
    #expect(Self.code([AuditTests.row(2, 1, kept: true)]) == .nothingKept)
    #expect(Self.code([AuditTests.row(2, 1, kept: true), AuditTests.row(3, 2, kept: false)]) == .nothingKept)
    // Without a status a file of worse and worse values keeps nothing.
    #expect(Self.code([AuditTests.row(2, 1, kept: nil), AuditTests.row(3, 2, kept: nil)]) == .nothingKept)
  }

  @Test func `keeps that are all worse point to the other direction`() throws {
    let rows = (2..<8).map { AuditTests.row($0, Double($0), kept: true) }
    let error = #expect(throws: RatchetError.self) {
      try Audit.report(rows, direction: .minimize, noise: .given(sigma: 0.1))
    }
    #expect(error?.code == .wrongDirection)
    #expect(error?.hints == ["is more better? then `--direction maximize`"])
    #expect(Self.code(rows, .maximize) == nil)
    // One kept row may be a simplification.
    let report = try Audit.report(Array(rows.prefix(2)), direction: .minimize, noise: .given(sigma: 0.1))
    #expect(report.notes.contains { $0.contains("--direction maximize") })
  }

  @Test(arguments: [0, -1, Double.nan, .infinity, 1e-200, 1e200])
  func `a noise that is none is refused`(sigma: Double) {
    let rows = [AuditTests.row(2, 1, kept: true), AuditTests.row(3, 0.5, kept: true)]
    #expect(Self.code(rows, .minimize, .given(sigma: sigma)) == .badNoise)
    #expect(Self.code(rows, .minimize, .runs([1])) == .badNoise)
    #expect(Self.code(rows, .minimize, .runs([])) == .badNoise)
    #expect(Self.code(rows, .minimize, .runs([1, .nan])) == .badNoise)
  }

  @Test(arguments: [1e6, -1e6, 1e300, -1e300]) func `one wild value leaves every number finite`(wild: Double) throws {
    for kept in [true, false] {
      var rows = AuditTests.session(seed: 4, sigma: 1e-3).rows
      rows.insert(AuditTests.row(900, wild, kept: kept), at: 40)
      for noise in [AuditNoiseSource.given(sigma: 1e-3), .rows] {
        let report = try Audit.report(rows, direction: .minimize, noise: noise)
        for step in report.steps {
          #expect(step.difference.isFinite && (step.effect ?? 0).isFinite && (step.deviation ?? 0).isFinite)
          #expect((step.probabilityImproves ?? 0).isFinite && (step.evidenceUpToSigma ?? 1).isFinite)
        }
        for summary in report.summaries {
          #expect([summary.believed, summary.believedLow, summary.again, summary.againHigh].allSatisfy { $0.isFinite })
        }
        if kept, report.noise != nil {
          #expect(report.notes.contains { $0.contains("900") && $0.contains("far beyond") })
        }
      }
    }
  }

  @Test func `a wild value that was not kept changes little`() throws {
    let rows = AuditTests.session(seed: 4, sigma: 1e-3).rows
    var spoilt = rows
    spoilt.insert(AuditTests.row(900, 1e6, kept: false), at: 40)
    let before = try #require(AuditTests.audit(rows, sigma: 1e-3).summaries.first)
    let after = try #require(AuditTests.audit(spoilt, sigma: 1e-3).summaries.first)
    #expect(abs(before.believed - after.believed) < 2e-4)
    #expect(before.keeps == after.keeps)
  }

  @Test func `a zero in a row that was not kept is no measurement, a kept one is`() throws {
    let rows = [
      AuditTests.row(2, 1, kept: true), AuditTests.row(3, 0, kept: false), AuditTests.row(4, 0.9, kept: true),
    ]
    let report = try AuditTests.audit(rows, sigma: 0.01)
    #expect(report.steps.map(\.line) == [4])
    #expect(report.notes.contains { $0.hasPrefix("line 3: ") })
    let zero = [AuditTests.row(2, 1, kept: true), AuditTests.row(3, 0, kept: true)]
    #expect(try AuditTests.audit(zero, sigma: 0.01).steps.map(\.line) == [3])
  }

  @Test func `a hundred thousand rows are replayed`() throws {
    let rows = AuditTests.session(seed: 6, sigma: 1e-3, trials: 100_000).rows
    let report = try AuditTests.audit(rows, sigma: 1e-3)
    #expect(report.steps.count == 100_000)
    #expect(report.summaries.first?.keeps == report.steps.count { $0.kept })
  }
}
