public import PawlCore
import PawlEngine

/// A certification that a person asks for.
public struct CertificationWish: Sendable {
  /// A step of the stack; nil for the head.
  public var trial: TrialID?
  /// The most pairs; nil for the study's own number.
  public var pairs: Int?
  public init(trial: TrialID? = nil, pairs: Int? = nil) {
    self.trial = trial
    self.pairs = pairs
  }
}

/// What a certification on demand is about and what it will take, before it starts.
public struct CertificationPlan: Sendable, Codable, Hashable {
  public let candidate: TrialID
  public let champion: TrialID
  /// Pairs with which it can succeed at all, and those after which it gives up.
  public let leastPairs: Int
  public let mostPairs: Int
  /// What the e-value has to reach.
  public let threshold: Double
  /// Mean wall time of the study's attempts, in seconds; nil before the first.
  public let attemptSeconds: Double?
  /// Attempts that run at the same time.
  public let workers: Int

  var order: CertificationOrder { CertificationOrder(candidate: candidate, maximumPairs: mostPairs) }

  /// - Throws: `RuntimeError` where there is nothing to certify, the trial is no step of the stack, or the pairs are too few.
  init(_ wish: CertificationWish, of state: StudyState, workers: Int) throws(RuntimeError) {
    guard let champion = state.champion, let head = state.head, head.trial != champion.trial else {
      throw RuntimeError(
        .nothingToCertify, "the head is the champion, so there is nothing to certify",
        hints: ["`pawl run` looks for something better"])
    }
    let steps = state.stack.dropFirst().map(\.trial)
    let candidate = wish.trial ?? head.trial
    guard steps.contains(candidate) else {
      let names = steps.map { "`\($0)`" }.joined(separator: ", ")
      throw RuntimeError(
        .noTrial, "trial `\(candidate)` is no step between the champion, trial `\(champion.trial)`, and the head",
        hints: ["steps that can be certified: \(names); without a trial `pawl certify` takes the last one, the head"])
    }
    threshold = state.nextThreshold
    let most = wish.pairs ?? state.configuration?.ratchet.maximumPairs ?? 0
    attemptSeconds = state.meanAttemptSeconds
    self.workers = max(1, workers)
    guard let least = state.leastPairsOfNextCertification, least <= most else {
      throw Self.tooFew(most, wish, state, threshold: threshold, workers: self.workers)
    }
    (self.candidate, self.champion) = (candidate, champion.trial)
    (leastPairs, mostPairs) = (least, most)
  }

  private static func tooFew(
    _ most: Int, _ wish: CertificationWish, _ state: StudyState, threshold: Double, workers: Int
  ) -> RuntimeError {
    let asked = "an e-value of `\(threshold.formatted(digits: 3))`"
    guard let least = state.leastPairsOfNextCertification else {
      return RuntimeError(
        .usage, "no number of pairs up to 1000 can reach \(asked), which the study's next certificate takes",
        hints: ["begin a new study for what is left to find: give it another name in pawl.yaml (`study:`)"])
    }
    let cost = state.meanAttemptSeconds.map {
      ", about \(seconds(pairs: least, attempt: $0, workers: workers).asDuration)"
    }
    return RuntimeError(
      .usage,
      "`\(most)` pairs can never reach \(asked), which the study's next certificate takes: it needs `\(least)` or more",
      hints: [
        "`pawl certify --pairs \(least)` costs at most \(2 * least) attempts\(cost ?? "")",
        "a clear effect needs no more than that, a small one more: `ratchet.max_pairs` in pawl.yaml is the usual number",
      ])
  }

  /// Returns the wall time of so many pairs in seconds, or nil before any attempt was timed.
  public func seconds(pairs: Int) -> Double? {
    attemptSeconds.map { Self.seconds(pairs: pairs, attempt: $0, workers: workers) }
  }

  private static func seconds(pairs: Int, attempt: Double, workers: Int) -> Double {
    // Both halves of a pair run side by side where there are workers for it.
    Double((2 * pairs + workers - 1) / workers) * attempt
  }
}
