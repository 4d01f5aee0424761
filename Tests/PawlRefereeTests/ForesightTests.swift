import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Simulated candidates that look ahead at some places and repeat what they said for a beginning that they know.
@Suite struct ForesightTests {
  /// Rows of logarithms: counts of bytes that follow bytes, as an honest model has them, and rows that are sure of one byte.
  private static let honest: [[Float]] = {
    var counts = [[Float]](repeating: [Float](repeating: 0.02, count: 256), count: 256)
    for (one, two) in zip(CandidatePlace.text, CandidatePlace.text.dropFirst()) { counts[Int(one)][Int(two)] += 1 }
    return counts.map { row in
      let total = row.reduce(0, +)
      return row.map { logf($0 / total) }
    }
  }()

  private static func sure(_ byte: UInt8, _ mass: Float) -> [Float] {
    var row = [Float](repeating: logf((1 - mass) / 255), count: 256)
    row[Int(byte)] = logf(mass)
    return row
  }

  /// Marks a candidate that puts so much mass on the next byte at this share of the positions.
  private func judge(seed: UInt64, share: Double, mass: Float = 0.9, windows: Int = 512) throws -> Double {
    var generator = FixedBits(state: seed &* 1_000_003)
    let examination = try Examination(
      text: CandidatePlace.text, context: 16, windows: windows, generator: &generator)
    let sure = (0..<256).map { Self.sure(UInt8($0), mass) }
    var examiner = Examiner(examination)
    var said: [ArraySlice<UInt8>: UInt8?] = [:]
    for question in 0..<examination.questions {
      let payload = examination.payload(of: question)
      var answer: [Float] = []
      answer.reserveCapacity(payload.count * 256)
      for start in stride(from: 0, to: payload.count, by: 16) {
        for place in start..<start + 16 {
          let known = payload[start...place]
          var ahead: UInt8?
          if let before = said[known] {
            ahead = before
          } else if place + 1 < start + 16, Double.random(in: 0..<1, using: &generator) < share {
            ahead = payload[place + 1]
          }
          said[known] = .some(ahead)
          answer += ahead.map { sure[Int($0)] } ?? Self.honest[Int(payload[place])]
        }
      }
      try answer.withUnsafeBytes { try examiner.mark($0) }
    }
    return try examiner.conclude()
  }

  @Test(arguments: [0.2, 0.4, 1])
  func `looking ahead at some places, and never contradicting itself, gives no metric`(share: Double) throws {
    for seed in 1...2 {
      let error = #expect(throws: LabError.self, "seed \(seed)") { try judge(seed: UInt64(seed), share: share) }
      #expect(error?.code == .invalidPredictions && error?.message.hasPrefix("causality check: bytes that") == true)
    }
  }

  @Test func `a model that does not look ahead passes`() throws {
    let scores = try (1...2).map { try judge(seed: UInt64($0), share: 0) }
    #expect(scores.allSatisfy { abs($0 - scores[0]) < 1e-9 } && scores[0] < 4)
  }

  // MARK: the wager alone, many times

  /// Plays all probes of an examination of 512 windows; `row` gets the byte before the cut, the true and the visible byte behind it.
  private func stake(seed: UInt64, _ row: (UInt8, UInt8, UInt8, inout FixedBits) -> [Float]) throws -> Double {
    var generator = FixedBits(state: seed &* 7_000_003)
    let examination = try Examination(text: CandidatePlace.text, context: 16, windows: 512, generator: &generator)
    var foresight = Foresight(examination)
    var met: Set<Int> = []
    for item in examination.items {
      guard met.insert(item.window).inserted, case .spliced(let cut, let donor) = item.role else { continue }
      let (start, other) = (examination.starts[item.window], examination.starts[donor])
      let text = examination.text
      let values = row(text[start + cut - 1], text[start + cut], text[other + cut], &generator)
      values.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        foresight.note(window: item.window, cut: cut, donor: donor, Distribution(row: base), total: 1)
      }
    }
    return foresight.stake
  }

  @Test func `honest models keep their stake, also ones that are sure and wrong`() throws {
    for seed in 1...40 {
      let honest = try stake(seed: UInt64(seed)) { before, _, _, _ in Self.honest[Int(before)] }
      #expect(honest < log(Foresight.most))
      // Sure of a common byte every time: common donors' bytes prove nothing.
      let stubborn = try stake(seed: UInt64(seed)) { _, _, _, _ in Self.sure(UInt8(ascii: " "), 0.9) }
      #expect(stubborn < log(Foresight.most))
      let skilled = try stake(seed: UInt64(seed)) { _, truth, _, _ in Self.sure(truth, 0.9) }
      #expect(skilled < log(Foresight.most))
    }
  }

  @Test(arguments: [(0.2, 0.9, 0.9), (0.4, 0.9, 0.98), (1.0, 0.9, 1.0), (1.0, 0.1, 0.9)])
  func `candidates that look ahead lose nearly always`(share: Double, mass: Float, caught: Double) throws {
    let runs = 50
    let found = try (1...runs).count { seed in
      try stake(seed: UInt64(seed)) { before, _, visible, generator in
        Double.random(in: 0..<1, using: &generator) < share ? Self.sure(visible, mass) : Self.honest[Int(before)]
      } > log(Foresight.most)
    }
    #expect(Double(found) >= caught * Double(runs), "\(found) of \(runs)")
  }
}
