import PawlCore
import PawlSearch
import Testing

@Suite struct KnobBreadthTests {
  static let files = ["a.py": "LR = 0.01\nWD = 0.02\nMOMENTUM = 0.9\nDEPTH = 8\nWIDTH = 60\n"]

  static func propose(_ seed: UInt64, breadth: Double, history: [KnobObservation]) -> Proposal? {
    KnobAgent.propose(
      files: files, parent: nil, history: history, seed: seed, breadth: breadth, isKnown: { _ in false })
  }

  /// Observations around the parent's values, the better the nearer.
  static var history: [KnobObservation] {
    var generator = SeededGenerator(seed: 9)
    return (0..<60).map { _ in
      let shift = 0.8 + 0.4 * generator.unit()
      return KnobObservation(
        knobs: [
          "LR": .real(0.01 * shift), "WD": .real(0.02 * shift), "MOMENTUM": .real(0.9), "DEPTH": .integer(8),
          "WIDTH": .integer(60),
        ], loss: abs(shift - 1), measurements: 1)
    }
  }

  static func changed(_ proposal: Proposal?) -> Int {
    guard let proposal, let base = files["a.py"], let edited = proposal.edits.first?.applied(to: base) else { return 0 }
    return zip(base.split(separator: "\n"), edited.split(separator: "\n")).count { $0 != $1 }
  }

  @Test func `a search that stands still changes more knobs at once, and further`() {
    func sums(_ breadth: Double) -> (changed: Int, far: Double) {
      (0..<200 as Range<UInt64>).reduce((0, 0)) { sum, seed in
        let proposal = Self.propose(seed, breadth: breadth, history: Self.history)
        guard case .real(let rate) = proposal?.knobs["LR"] else { return sum }
        return (sum.0 + Self.changed(proposal), sum.1 + max(rate / 0.01, 0.01 / rate) - 1)
      }
    }
    let (narrow, wide) = (sums(0), sums(1))
    #expect(Double(wide.changed) > 1.3 * Double(narrow.changed))
    #expect(wide.far > 1.3 * narrow.far)
  }

  @Test func `first steps are longer where there is room, and nonsense is taken as the nearest breadth`() {
    var longer = 0
    for seed in 0..<20 as Range<UInt64> {
      let plain = Self.propose(seed, breadth: 0, history: [])
      #expect(Self.propose(seed, breadth: -3, history: []) == plain)
      #expect(Self.propose(seed, breadth: .nan, history: []) == plain)
      #expect(Self.propose(seed, breadth: 7, history: []) == Self.propose(seed, breadth: 1, history: []))
      if Self.propose(seed, breadth: 1, history: []) != plain { longer += 1 }
    }
    #expect(longer >= 12)
  }
}
