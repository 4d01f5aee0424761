import Testing

import PawlRefereeProtocol
@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct RefereeTests {
  private let text = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 31 % 251) }

  /// Answers with the same distribution everywhere.
  private func answer(_ positions: Int, _ row: [Float]) -> [UInt8] {
    (0..<positions).flatMap { _ in row.withUnsafeBytes { Array($0) } }
  }

  private let uniform = [Float](repeating: -logf(256), count: 256)

  @Test func `a uniform guess takes eight bits a byte`() throws {
    let referee = try Referee(text: text, context: 8, windows: 20)
    var bits = 0.0
    for (index, question) in referee.questions().enumerated() {
      bits += try referee.bits(question: index, answer: answer(question.count, uniform))
    }
    #expect(abs(bits / 160 - 8) < 1e-5)
  }

  @Test func `knowing the next byte is worth its bits`() throws {
    let referee = try Referee(text: text, context: 8, windows: 1)
    var rows: [UInt8] = []
    for position in 0..<8 {
      var row = [Float](repeating: logf(0.5 / 255), count: 256)
      row[Int(text[position + 1])] = logf(0.5)
      rows += answer(1, row)
    }
    #expect(abs(try referee.bits(question: 0, answer: rows) - 8) < 1e-4)
  }

  @Test func `windows are the same for everyone and stay inside the text`() throws {
    let referee = try Referee(text: text, context: 8, windows: 20)
    #expect(referee.starts.first == 0 && referee.starts.last == 2000 - 9)
    #expect(referee.questions().map(\.count) == [128, 32])
    #expect(try Referee(text: Array(text[..<30]), context: 8, windows: 20).windows == 3)
  }

  static let badRows: [[Float]] = [
    [Float](repeating: -5, count: 256),
    [Float](repeating: -5.6, count: 256),
    [Float](repeating: .nan, count: 256),
    [0] + [Float](repeating: -.infinity, count: 255),
    [.infinity] + [Float](repeating: -5.545, count: 255),
    [Float](repeating: 0, count: 256),
  ]

  @Test(arguments: badRows) func `what is no distribution is refused`(row: [Float]) throws {
    let referee = try Referee(text: text, context: 8, windows: 1)
    let bytes = answer(7, uniform) + answer(1, row)
    let error = #expect(throws: LabError.self) { try referee.distributions(bytes, positions: 8) }
    #expect(error?.code == .invalidPredictions)
  }

  @Test func `an answer of the wrong length is refused`() throws {
    let referee = try Referee(text: text, context: 8, windows: 1)
    #expect(throws: LabError.self) { try referee.distributions(answer(7, uniform), positions: 8) }
  }

  @Test func `a model that looks ahead is refused, one that does not is not`() throws {
    let referee = try Referee(text: text, context: 8, windows: 1)
    let probe = referee.probe()
    #expect(Array(probe[..<4]) == Array(text[..<4]))
    #expect(zip(probe[4...], text[4..<8]).allSatisfy { $0 != $1 })
    let honest = answer(8, uniform)
    try referee.checkCausality(answer: honest, probeAnswer: honest)
    var tilted = uniform
    tilted[0] = logf(2.0 / 256)
    tilted[1] = -60
    let peeking = answer(3, uniform) + answer(1, tilted) + answer(4, uniform)
    let error = #expect(throws: LabError.self) { try referee.checkCausality(answer: honest, probeAnswer: peeking) }
    #expect(error?.message.contains("byte `3`") == true)
    let late = answer(4, uniform) + answer(4, tilted)
    try referee.checkCausality(answer: honest, probeAnswer: late)
  }
}
