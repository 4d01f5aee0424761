public import PawlCore

/// Proposes new values for the constants of the editable files: no model, no network, no cost.
///
/// Tree-structured Parzen estimators (Bergstra et al. 2011) over few knobs at a time, after a round of single steps.
public enum KnobAgent {
  static let name = "knobs"
  /// Candidates drawn before giving up where the space is too large to be counted out.
  static let redraws = 200
  /// How many of them are sampled; the rest fall anywhere.
  static let sampled = 24
  /// The largest space that is counted out to the last candidate.
  static let enumerable = 4_096

  /// Returns a candidate that is not known yet, or nil where there is no knob or nothing new to be found.
  ///
  /// `files` are the parent candidate's editable files; `parent` is its assignment where it is known, else the files
  /// say it. Towards a `breadth` of 1 steps grow, and more knobs change at once. Equal arguments give equal proposals. `isKnown` answers for fingerprints as `CodeFingerprint.exact(of:)` gives them.
  public static func propose(
    files: [String: String], parent: [String: KnobValue]?, history: [KnobObservation], seed: UInt64,
    breadth: Double = 0, isKnown: (UInt64) -> Bool
  ) -> Proposal? {
    propose(
      files: files, knobs: KnobFinder.knobs(in: files), parent: parent, history: history, seed: seed,
      breadth: breadth, isKnown: isKnown)
  }

  /// Returns a candidate as `propose(files:parent:history:seed:breadth:isKnown:)` does, with the files' knobs already found.
  ///
  /// `knobs` must be what `KnobFinder.knobs(in: files)` gives: finding them again takes most of a proposal's time. Those for which
  /// `isBanned` holds keep their values.
  public static func propose(
    files: [String: String], knobs: [Knob], parent: [String: KnobValue]?, history: [KnobObservation], seed: UInt64,
    breadth: Double = 0, isBanned: (String) -> Bool = { _ in false }, isKnown: (UInt64) -> Bool
  ) -> Proposal? {
    let banned = Set(knobs.map(\.name).filter(isBanned))
    let dimensions = knobs.filter { !banned.contains($0.name) }
      .compactMap { Dimension($0, parent: parent?[$0.name]) }
    guard !dimensions.isEmpty else { return nil }
    let fixed = knobs.filter { banned.contains($0.name) }
      .reduce(into: [String: KnobValue]()) { $0[$1.name] = $1.value }
    var sampler = KnobSampler(dimensions: dimensions, history: history, seed: seed, breadth: breadth)
    var drawn: Set<[String]> = []
    func candidate(_ places: [Int: Double]) -> Proposal? {
      proposal(dimensions, fixed: fixed, places: places, files: files, drawn: &drawn, isKnown: isKnown)
    }
    let single = history.count < max(10, min(dimensions.count, 24))
    if single {
      for _ in 0..<8 {
        if let places = sampler.warmStart(), let proposal = candidate(places) { return proposal }
      }
    }
    // A space that will be counted out needs no long hunt for what is left of it.
    let countable = size(of: dimensions) != nil
    for attempt in 0..<(countable ? sampled : redraws) {
      let subset = sampler.subset(widened: attempt >= sampled / 2)
      let places = attempt < sampled && !history.isEmpty ? sampler.draw(subset) : sampler.anywhere(subset)
      if let proposal = candidate(places) { return proposal }
    }
    return enumerated(dimensions, sampler: &sampler, candidate: candidate)
  }

  private static func proposal(
    _ dimensions: [Dimension], fixed: [String: KnobValue], places: [Int: Double], files: [String: String],
    drawn: inout Set<[String]>, isKnown: (UInt64) -> Bool
  ) -> Proposal? {
    var changes: [KnobChange] = []
    var assignment = fixed
    for (index, dimension) in dimensions.enumerated() {
      let knob = dimension.knob
      var value = dimension.base
      var text = value == knob.value ? knob.literal : dimension.literal.writing(value, places: 12) ?? knob.literal
      if let unit = places[index], let moved = dimension.value(at: unit), moved.value != value { (value, text) = moved }
      assignment[knob.name] = value
      if value != knob.value { changes.append(KnobChange(knob: knob, base: dimension.base, value: value, text: text)) }
    }
    guard !changes.isEmpty, drawn.insert(changes.map { $0.knob.name + "=" + $0.text }).inserted else { return nil }
    let (edited, edits) = KnobEditing.apply(changes, to: files)
    let fingerprint = CodeFingerprint.exact(of: edited)
    guard !isKnown(fingerprint) else { return nil }
    return Proposal(
      agent: name, hypothesis: KnobEditing.hypothesis(changes), edits: edits, knobs: assignment, cost: 0,
      fingerprint: fingerprint)
  }

  /// Goes through a small space to the last candidate, from a random place in random strides.
  private static func enumerated(
    _ dimensions: [Dimension], sampler: inout KnobSampler, candidate: ([Int: Double]) -> Proposal?
  ) -> Proposal? {
    guard let size = size(of: dimensions), size > 1 else { return nil }
    var stride = sampler.below(size - 1) + 1
    while !coprime(stride, size) { stride = stride % size + 1 }
    let start = sampler.below(size)
    for step in 0..<size {
      var rest = (start + step * stride) % size
      var places: [Int: Double] = [:]
      for (index, dimension) in dimensions.enumerated() {
        let count = dimension.count ?? 1
        places[index] = (Double(rest % count) + 0.5) / Double(count)
        rest /= count
      }
      if let proposal = candidate(places) { return proposal }
    }
    return nil
  }

  /// Returns the number of candidates, or nil where there are too many to go through.
  private static func size(of dimensions: [Dimension]) -> Int? {
    var size = 1
    for dimension in dimensions {
      guard let count = dimension.count, count <= enumerable / size else { return nil }
      size *= count
    }
    return size
  }

  private static func coprime(_ first: Int, _ second: Int) -> Bool {
    var (first, second) = (first, second)
    while second != 0 { (first, second) = (second, first % second) }
    return first == 1
  }
}
