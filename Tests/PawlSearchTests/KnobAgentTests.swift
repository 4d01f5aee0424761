import PawlCore
import PawlSearch
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The content of the files after a proposal's edits.
func applied(_ proposal: Proposal, to files: [String: String]) throws -> [String: String] {
  var files = files
  for edit in proposal.edits {
    let original = try #require(files[edit.path])
    let content: String = try #require(edit.applied(to: original))
    files[edit.path] = content
  }
  return files
}

@Suite struct KnobAgentTests {
  static let train = """
    ASPECT_RATIO = 64
    TOTAL_BATCH_SIZE = 2**19
    MATRIX_LR = 0.04
    ADAM_BETAS = (0.8, 0.95)
    WARMUP_RATIO = 0.0
    NORM = "layer"  # pawl: layer | rms
    DEPTH = 8
    COMPILE = True
    """

  static func propose(
    _ files: [String: String], history: [KnobObservation] = [], seed: UInt64 = 1, known: Set<UInt64> = []
  ) -> Proposal? {
    KnobAgent.propose(files: files, parent: nil, history: history, seed: seed, isKnown: known.contains)
  }

  @Test func `leaves banned knobs as they are, says their values, and has nothing to say where all are banned`() throws
  {
    let files = ["train.py": Self.train]
    for seed in 1...40 as ClosedRange<UInt64> {
      let proposal = try #require(
        KnobAgent.propose(
          files: files, knobs: KnobFinder.knobs(in: files), parent: nil, history: [], seed: seed,
          isBanned: { $0 != "DEPTH" }, isKnown: { _ in false }))
      #expect(proposal.edits.count == 1 && proposal.hypothesis.contains("DEPTH"))
      #expect(proposal.knobs["MATRIX_LR"] == .real(0.04) && proposal.knobs["DEPTH"] != .integer(8))
    }
    #expect(
      KnobAgent.propose(
        files: files, knobs: KnobFinder.knobs(in: files), parent: nil, history: [], seed: 1, isBanned: { _ in true },
        isKnown: { _ in false }) == nil)
  }

  @Test(arguments: Snippets.languages) func `changes the literals of knobs and nothing else`(_ snippet: Snippet) throws
  {
    let files = [snippet.path: snippet.source]
    let past = Self.history(of: files, count: 30)
    var changed: Set<String> = []
    for seed in 0..<40 as Range<UInt64> {
      let history = seed < 20 ? [] : past
      let proposal = try #require(Self.propose(files, history: history, seed: seed))
      let after = KnobFinder.knobs(in: try applied(proposal, to: files))
      #expect(after.map(\.name) == snippet.knobs.map(\.name))
      #expect(Dictionary(uniqueKeysWithValues: after.map { ($0.name, $0.value) }) == proposal.knobs)
      // With every literal blanked out, the file is what it was.
      #expect(try Self.blanked(applied(proposal, to: files), after) == Self.blanked(files, snippet.knobs))
      #expect(proposal.fingerprint == CodeFingerprint.exact(of: try applied(proposal, to: files)))
      for (old, new) in zip(snippet.knobs, after) where old.value != new.value { changed.insert(old.name) }
    }
    #expect(changed == Set(snippet.knobs.map(\.name)))
  }

  private static func blanked(_ files: [String: String], _ knobs: [Knob]) throws -> [String] {
    try files.keys.sorted().map { path in
      var lines = try #require(files[path]).utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map {
        Array($0)
      }
      for knob in knobs.reversed() where knob.path == path {
        lines[knob.line - 1].replaceSubrange(knob.columns, with: [0x3f])
      }
      return String(decoding: Array(lines.joined(separator: [0x0a])), as: UTF8.self)
    }
  }

  static func history(of files: [String: String], count: Int) -> [KnobObservation] {
    var generator = SeededGenerator(seed: 9)
    var history: [KnobObservation] = []
    for seed in 0..<UInt64(count) {
      guard let proposal = propose(files, seed: seed) else { continue }
      let loss = generator.unit()
      history.append(KnobObservation(knobs: proposal.knobs, loss: loss < 0.2 ? nil : loss, measurements: 1))
    }
    return history
  }

  @Test func `edits by lines and says who it is`() throws {
    let proposal = try #require(Self.propose(["train.py": Self.train]))
    #expect(proposal.agent == "knobs")
    #expect(proposal.cost == 0)
    #expect(proposal.knobs.count == 9)
    guard case .lines(let lines) = try #require(proposal.edits.first).change else {
      Issue.record("not an edit by lines")
      return
    }
    #expect(lines.count == 1)
  }

  @Test func `edits files with other line ends too`() throws {
    let files = ["a.py": "LR = 0.1\r\nDEPTH = 8\r\n"]
    for seed in 0..<10 as Range<UInt64> {
      let proposal = try #require(Self.propose(files, seed: seed))
      let after = KnobFinder.knobs(in: try applied(proposal, to: files))
      #expect(Dictionary(uniqueKeysWithValues: after.map { ($0.name, $0.value) }) == proposal.knobs)
    }
  }

  @Test func `proposes the same for the same arguments`() {
    let files = ["train.py": Self.train, "b.json": "{\"lr\": 0.1}"]
    let history = Self.history(of: files, count: 200)
    for seed in 0..<20 as Range<UInt64> {
      #expect(Self.propose(files, history: history, seed: seed) == Self.propose(files, history: history, seed: seed))
    }
    #expect(Set((0..<20).map { Self.propose(files, history: history, seed: $0)?.fingerprint }).count > 10)
  }

  @Test func `tries a small space to the last candidate and nothing twice`() throws {
    let files = ["a.py": "A = 3  # pawl: 1...5\nB = True\nC = 'x'  # pawl: x | y | z\nD = 8  # pawl: pow2 4...32\n"]
    var known: Set<UInt64> = [CodeFingerprint.exact(of: files)]
    var history: [KnobObservation] = []
    while let proposal = Self.propose(files, history: history, seed: UInt64(history.count), known: known) {
      #expect(known.insert(proposal.fingerprint).inserted)
      history.append(KnobObservation(knobs: proposal.knobs, loss: Double(history.count % 7), measurements: 1))
      try #require(history.count <= 120)
    }
    #expect(known.count == 5 * 2 * 3 * 4)
  }

  @Test func `has nothing to say without knobs or without anything new`() {
    #expect(Self.propose(["a.py": "import os\n"]) == nil)
    #expect(Self.propose([:]) == nil)
    #expect(
      KnobAgent.propose(files: ["a.py": "LR = 0.1\n"], parent: nil, history: [], seed: 1, isKnown: { _ in true }) == nil
    )
  }

  @Test func `tries every knob once before any knob for the third time`() throws {
    let files = ["a.py": (0..<10).map { "P\($0)_LR = 0.01\n" }.joined()]
    var history: [KnobObservation] = []
    var changes: [String: Int] = [:]
    let base = Dictionary(uniqueKeysWithValues: KnobFinder.knobs(in: files).map { ($0.name, $0.value) })
    for seed in 0..<10 as Range<UInt64> {
      let proposal = try #require(Self.propose(files, history: history, seed: seed))
      for (name, value) in proposal.knobs where value != base[name] { changes[name, default: 0] += 1 }
      history.append(KnobObservation(knobs: proposal.knobs, loss: 1, measurements: 1))
    }
    #expect(changes.count == 10)
    #expect(changes.values.allSatisfy { $0 == 1 })
  }

  @Test func `keeps the parent's values where the files differ`() throws {
    let files = ["a.py": "LR = 0.1\nDEPTH = 8\nWD = 0.2\n"]
    for seed in 0..<10 as Range<UInt64> {
      let proposal = try #require(
        KnobAgent.propose(
          files: files, parent: ["DEPTH": .integer(12), "LR": .text("x"), "GONE": .integer(3)], history: [], seed: seed,
          isKnown: { _ in false }))
      let after = KnobFinder.knobs(in: try applied(proposal, to: files))
      #expect(Dictionary(uniqueKeysWithValues: after.map { ($0.name, $0.value) }) == proposal.knobs)
      #expect(proposal.knobs["GONE"] == nil)
    }
  }

  @Test func `makes one line from the diff`() {
    let lines = (0..<12).map { Self.propose(["train.py": Self.train], seed: $0)?.hypothesis ?? "" }
    #expect(lines == Self.hypotheses)
    let many = ["a.py": (0..<40).map { "SOME_RATHER_LONG_WORD_\($0)_LR = 0.01\n" }.joined()]
    let history = Self.history(of: many, count: 60)
    let long = (0..<20).compactMap { Self.propose(many, history: history, seed: $0)?.hypothesis }
    #expect(long.allSatisfy { $0.count <= 120 && !$0.contains("\n") })
    #expect(long.contains { $0.hasSuffix(" more") })
  }
  static let hypotheses = [
    "lower DEPTH 8 -> 4", "raise WARMUP_RATIO 0.0 -> 0.167", "raise WARMUP_RATIO 0.0 -> 0.167",
    "raise TOTAL_BATCH_SIZE 2**19 -> 2**20", "raise ADAM_BETAS[0] 0.8 -> 0.9", "raise ADAM_BETAS[0] 0.8 -> 0.9",
    "set NORM \"layer\" -> \"rms\"", "lower ADAM_BETAS[0] 0.8 -> 0.6", "raise WARMUP_RATIO 0.0 -> 0.167",
    "set NORM \"layer\" -> \"rms\"", "raise ASPECT_RATIO 64 -> 128", "lower MATRIX_LR 0.04 -> 0.02",
  ]

  static let names = ["A_LR", "B_LR", "C", "D", "E", "F"]
  static let start = "A_LR = 0.01\nB_LR = 0.5\nC = 64\nD = 0.9  # pawl: 0...2\nE = 12\nF = True\n"

  /// A bowl in six dimensions with its floor away from the start, and noise of about a tenth of the way down.
  static func loss(_ knobs: [String: KnobValue], noise: Double) -> Double {
    func number(_ name: String) -> Double {
      switch knobs[name] {
      case .integer(let integer): Double(integer)
      case .real(let real): real
      case .boolean(let flag): flag ? 1 : 0
      default: 0
      }
    }
    let a = log10(number("A_LR") / 0.05)
    let b = log10(number("B_LR") / 0.1)
    let c = log2(number("C") / 16)
    let d = number("D") - 0.3
    let e = (number("E") - 18) / 10
    return a * a + b * b + 0.1 * c * c + d * d + e * e + 0.3 * number("F") + noise
  }

  static func noise(_ generator: inout SeededGenerator) -> Double {
    ((0..<12).reduce(0) { sum, _ in sum + generator.unit() } - 6) * 0.15
  }

  /// Returns the true loss of the point that looked best after `trials` trials.
  static func search(seed: UInt64, trials: Int) throws -> Double {
    let files = ["a.py": start]
    var generator = SeededGenerator(seed: seed)
    var history: [KnobObservation] = []
    var known: Set<UInt64> = []
    for _ in 0..<trials {
      let proposal = try #require(
        KnobAgent.propose(
          files: files, parent: nil, history: history, seed: generator.next(), isKnown: known.contains))
      known.insert(proposal.fingerprint)
      history.append(
        KnobObservation(
          knobs: proposal.knobs, loss: loss(proposal.knobs, noise: noise(&generator)), measurements: 1))
    }
    let best = try #require(history.min { ($0.loss ?? .infinity) < ($1.loss ?? .infinity) })
    return loss(best.knobs, noise: 0)
  }

  @Test func `finds lower losses than random search`() throws {
    var wins = 0
    var sampled = 0.0
    var blind = 0.0
    for seed in 0..<24 as Range<UInt64> {
      let tpe = try Self.search(seed: seed, trials: 80)
      let random = Self.uniform(seed: seed, trials: 80)
      wins += tpe < random ? 1 : 0
      sampled += tpe
      blind += random
    }
    #expect(wins >= 18)
    #expect(sampled < 0.7 * blind)
  }

  /// Random search over the same domains.
  static func uniform(seed: UInt64, trials: Int) -> Double {
    var generator = SeededGenerator(seed: seed)
    var best = (seen: Double.infinity, truth: Double.infinity)
    for _ in 0..<trials {
      let knobs: [String: KnobValue] = [
        "A_LR": .real(0.001 * pow(100, generator.unit())), "B_LR": .real(0.05 * pow(100, generator.unit())),
        "C": .integer(16 << Int(generator.unit() * 5)), "D": .real(2 * generator.unit()),
        "E": .integer(6 + Int(generator.unit() * 19)), "F": .boolean(generator.unit() < 0.5),
      ]
      let seen = loss(knobs, noise: noise(&generator))
      if seen < best.seen { best = (seen, loss(knobs, noise: 0)) }
    }
    return best.truth
  }
}
