import PawlCore
import PawlReport
import Testing

/// Makes studies that look like real ones: a few changes help, most hurt a little, some a lot, some crash.
struct ExampleStudy {
  var trials = 60
  var baseline = 1.2874
  /// The noise of one measurement, and the scale of everything else.
  var sigma = 0.0021
  var direction = Direction.minimize
  var keepRate = 0.12
  var crashRate = 0.08
  var certify = true
  var hypothesis: @Sendable (Int) -> String = { ExampleStudy.ideas[$0 % ExampleStudy.ideas.count] }

  static let ideas = [
    "learningRate 0.003 → 0.006: the loss still falls steeply at the end", "depth 4 → 6", "warmup 20 → 60 steps",
    "use a cosine schedule down to 10 %", "batch 16 → 32", "weight decay 0.1 → 0.03", "RMS norm before the head",
    "tie the embeddings", "beta2 0.999 → 0.95", "ReLU² instead of GELU", "heads 4 → 8", "clip gradients at 0.5",
    "initialise the output layer with zeros", "context 128 → 256", "width 128 → 160",
  ]

  /// A fixed sequence, so that examples are the same on every run.
  private struct Stream {
    var state: UInt64
    mutating func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / 2_147_483_648
    }
    /// Sum of twelve uniforms: near enough to a normal variable for a picture.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
  }

  func input() throws -> ReportInput {
    let name = try #require(StudyName(rawValue: "tinystories-gpt"))
    var configuration = StudyConfiguration(
      name: name, command: "swift build -c release && .build/release/train --data corpus.bin",
      metric: MetricRule(name: "val_bpb", pattern: "^val_bpb: *([0-9.]+)", direction: direction),
      editable: ["train.swift"], frozen: ["prepare.swift"])
    configuration.stop.trials = trials
    var stream = Stream(state: 7)
    let sign = direction == .minimize ? -1.0 : 1.0
    var start = TrialSummary(id: .baseline, state: .judged, proposedAt: Timestamp(milliseconds: 1_773_093_600_000))
    start.mean = baseline
    start.measurements = 4
    start.attempts = 4
    start.wallSeconds = 240
    start.commit = commit(0)
    start.peakMemory = .mebibytes(412)
    start.endedAt = Timestamp(milliseconds: 1_773_093_840_000)
    var all = [start]
    var heads = [TrialID.baseline]
    var level = baseline
    for number in 1..<max(1, trials + 1) {
      let id = TrialID(rawValue: number)
      var trial = TrialSummary(
        id: id, state: .judged, proposedAt: Timestamp(milliseconds: 1_773_093_600_000 + Int64(number) * 61_000))
      trial.agent = number % 3 == 0 ? "claude" : "knobs"
      trial.parent = heads.last
      trial.hypothesis = hypothesis(number)
      trial.commit = commit(number)
      trial.wallSeconds = 50 + 20 * stream.uniform()
      trial.attempts = 1
      trial.added = 1 + Int(stream.uniform() * 12)
      trial.removed = 1 + Int(stream.uniform() * 6)
      trial.endedAt = Timestamp(milliseconds: trial.proposedAt.milliseconds + 60_000)
      let draw = stream.uniform()
      if draw < crashRate {
        trial.state = .crashed
        trial.outcome = draw < crashRate / 2 ? .outOfMemory : .exited(code: 1)
        trial.remark = "no line matched the metric pattern"
        all.append(trial)
        continue
      }
      trial.peakMemory = .mebibytes(400 + Int64(200 * stream.uniform()))
      trial.measurements = 1 + Int(stream.uniform() * 4)
      var effect = -sigma * (0.5 + 6 * stream.uniform() * stream.uniform())
      if stream.uniform() < 0.08 { effect *= 40 }
      if stream.uniform() < keepRate * 12 / Double(12 + heads.count) {
        effect = sigma * (1.2 + 5 * stream.uniform()) / (1 + 0.2 * Double(heads.count))
        trial.verdict = .kept
        trial.measurements = 5
      } else {
        trial.verdict = stream.uniform() < 0.15 ? .inconclusive : .discarded
      }
      let mean = level + sign * effect + sigma * stream.normal() / Double(trial.measurements).squareRoot() * 0.7
      trial.mean = mean
      trial.evidence = Evidence(
        effect: effect, deviation: sigma / Double(trial.measurements).squareRoot(), gain: max(effect, sigma / 9),
        loss: max(-effect, sigma / 9), mean: mean, measurements: trial.measurements, sigma: sigma,
        head: heads.last ?? .baseline)
      if trial.verdict == .kept {
        level += sign * effect
        heads.append(id)
      }
      all.append(trial)
    }
    var certificates: [Certificate] = []
    var champion = TrialID.baseline
    if certify, heads.count > 1 {
      let middle = heads[(heads.count) / 2]
      var effect = 0.0
      for id in heads.dropFirst() where id <= middle { effect += all[id.rawValue].evidence?.effect ?? 0 }
      certificates.append(certificate(1, middle, over: .baseline, effect: effect, eValue: 812.4))
      all[middle.rawValue].certified = true
      champion = middle
      if let last = heads.last, last != middle {
        certificates.append(certificate(2, last, over: middle, effect: sigma, eValue: 3.1))
      }
    }
    return ReportInput(
      configuration: configuration, baseline: commit(0), frozenDigest: String(repeating: "5a", count: 32), dirty: false,
      trials: all, headPath: heads, champion: champion, certificates: certificates, sigma: sigma, sandbox: .full,
      referee: .evaluate, generatedAt: Timestamp(milliseconds: 1_773_123_600_000), version: "0.1.0", running: false,
      diff: Self.diff)
  }

  private func commit(_ number: Int) -> CommitHash {
    let word = String(UInt64(number + 1) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
    return CommitHash(rawValue: String((word + word + word + word).prefix(40)))
  }

  private func certificate(_ number: Int, _ candidate: TrialID, over champion: TrialID, effect: Double, eValue: Double)
    -> Certificate
  {
    let sign = direction == .minimize ? -1.0 : 1.0
    let seeds = (0..<8).map { 9_000_001 + UInt64($0) * 7919 }
    return Certificate(
      number: number, candidate: candidate, candidateCommit: commit(candidate.rawValue), champion: champion,
      championCommit: commit(champion.rawValue), effect: effect,
      interval: (effect - 1.4 * sigma)...(effect + 1.4 * sigma),
      eValue: eValue, threshold: 40, alpha: 0.05, seeds: seeds,
      candidateValues: seeds.map { _ in baseline + sign * effect }, championValues: seeds.map { _ in baseline },
      referee: .evaluate, sandbox: .full)
  }

  static let diff = """
    diff --git a/train.swift b/train.swift
    index 5d1c3aa..9b1fe02 100644
    --- a/train.swift
    +++ b/train.swift
    @@ -12,7 +12,8 @@ struct Settings {
       var depth = 4
    -  var learningRate = 0.003
    --- an old comment
    +  var learningRate = 0.006
    +  var warmup = 60
    +  // if a < b && c > d
       var batch = 16
       var heads = 4
       var width = 128
       var context = 128

    """
}
