public import PawlCore
import PawlRatchet
import PawlStatistics

/// Rungs above the first: what is folded in.
///
/// The line of a rung's champions is what the next rung takes from. A change is a range of that line: tried whole first, and in halves
/// where the whole does not transfer. Where the rung's own champion lacks something that the range was made on, its change is
/// put onto that champion (a transplant), as re-basing does it.
extension StudyState {
  mutating func beginLadder(_ start: StudyStart) {
    certifiedLine = [LineStep(trial: .baseline, commit: start.baseline, effect: 0)]
    extendLadder()
  }

  /// Adds the rungs that the configuration has and the state does not.
  mutating func extendLadder() {
    guard let start, let configuration else { return }
    while rungs.count < configuration.rungCount - 1 { rungs.append(RungState(baseline: start.baseline)) }
  }

  /// The rung's state; nil for the first one and for those that are not there.
  public func rung(_ number: Int) -> RungState? { rungs.indices.contains(number - 2) ? rungs[number - 2] : nil }

  mutating func withRung(_ number: Int, _ change: (inout RungState) -> Void) {
    if rungs.indices.contains(number - 2) { change(&rungs[number - 2]) }
  }

  /// Whether anything was measured on a rung: only then does what it runs matter.
  public func hasMeasured(on number: Int) -> Bool {
    guard let rung = rung(number) else { return number == 1 }
    return rung.champion.count > 0 || rung.baseline.count > 0 || rung.test.map { !$0.test.pairs.isEmpty } ?? false
  }

  /// The champions of a rung, the baseline first.
  public func line(of rung: Int) -> [LineStep] { rung == 1 ? certifiedLine : self.rung(rung)?.line ?? [] }

  /// Adds the steps that a certificate of the first rung covers; their believed effects are scaled to what it measured.
  mutating func extendLine(with covered: ArraySlice<HeadStep>, effect: Double) {
    let effects = StepEffects.scaled(covered.map { steps[$0.trial]?.effect ?? 0 }, to: effect)
    for (step, effect) in zip(covered, effects) {
      certifiedLine.append(LineStep(trial: step.trial, commit: step.commit, effect: effect))
    }
  }

  mutating func startTransplant(_ transplant: Transplant) {
    let part = transplant.promotion.part
    withRung(transplant.promotion.rung) { rung in
      rung.transplant = transplant
      rung.transplanted = nil
      rung.take(part)
    }
  }

  mutating func finishTransplant(_ transplant: Transplant, _ commit: CommitHash) {
    withRung(transplant.promotion.rung) { rung in
      if rung.transplant == transplant { rung.transplanted = commit }
    }
  }

  mutating func failTransplant(_ transplant: Transplant) {
    withRung(transplant.promotion.rung) { rung in
      guard rung.transplant == transplant else { return }
      rung.transplant = nil
      rung.transplanted = nil
      rung.split(transplant.promotion)
    }
  }

  mutating func startPromotion(_ start: PromotionStart) {
    certifications = max(certifications, start.number)
    guard let configuration else { return }
    let below = computeSeconds(below: start.promotion.rung)
    withRung(start.promotion.rung) { rung in
      rung.take(start.promotion.part)
      rung.transplant = nil
      rung.transplanted = nil
      rung.tested += 1
      rung.computeBelowAtTest = below
      rung.test = RunningCertification(
        test: Certification(
          number: start.number, candidate: start.promotion.through, champion: start.champion, alpha: start.alpha,
          rule: configuration.ratchet, direction: configuration.metric.direction),
        number: start.number, candidate: HeadStep(trial: start.promotion.through, commit: start.candidate),
        champion: HeadStep(trial: start.champion, commit: start.championCommit), promotion: start.promotion)
    }
  }

  mutating func failPromotion(_ failure: PromotionFailure) {
    let isDenied = rung(failure.promotion.rung)?.test.map(isDenied) ?? false
    endTest(of: failure.promotion)
    if let obstacle = failure.obstacle {
      testsNotMade += 1
      withRung(failure.promotion.rung) { rung in
        rung.obstacle = obstacle
        rung.parts.insert(failure.promotion.part, at: 0)
        rung.tested -= 1
      }
      return
    }
    // It did carry over: nobody is asked for its parts.
    if isDenied { return }
    withRung(failure.promotion.rung) { $0.split(failure.promotion) }
  }

  mutating func climb(_ certificate: Certificate) {
    guard let number = certificate.rung, let test = rung(number)?.test, let promotion = test.promotion else { return }
    endTest(of: promotion)
    certificates += 1
    let range = range(of: promotion)
    // Taken over as it is, its steps can still be told apart further up.
    let isWhole = certificate.candidateCommit == promotion.after && range.last?.commit == promotion.after
    withRung(number) { rung in
      rung.certified += 1
      rung.champion = Moments(certificate.candidateValues)
      if isWhole {
        let effects = StepEffects.scaled(range.map(\.effect), to: certificate.effect)
        rung.line += zip(range, effects).map { LineStep(trial: $0.trial, commit: $0.commit, effect: $1) }
      } else {
        rung.line.append(
          LineStep(trial: certificate.candidate, commit: certificate.candidateCommit, effect: certificate.effect))
      }
    }
    if number == configuration?.rungCount {
      awaitingBranch.append(certificate)
      branchBlocked = nil
    }
  }

  /// Learns from a test that is over, whatever came of it.
  private mutating func endTest(of promotion: Promotion) {
    guard let running = rung(promotion.rung)?.test, let start else { return }
    let (pairs, direction) = (running.test.pairs, configuration?.metric.direction ?? .minimize)
    let differences = Moments(pairs.map { direction.improvement(of: $0.candidate, over: $0.champion) })
    let (below, steps) = (effect(of: promotion), stepCount(of: promotion))
    withRung(promotion.rung) { rung in
      rung.test = nil
      if running.champion.commit == start.baseline { rung.baseline.merge(Moments(pairs.map(\.champion))) }
      if running.champion.commit == rung.top.commit { rung.champion.merge(Moments(pairs.map(\.champion))) }
      rung.pairScatter += differences.squaredDeviations
      rung.pairFreedom += max(0, differences.count - 1)
      guard differences.count > 1, let deviation = rung.pairDeviation else { return }
      rung.transfer.record(
        .init(
          below: below, above: differences.mean, standardError: deviation / Double(differences.count).squareRoot(),
          steps: steps))
    }
  }

  private func range(of promotion: Promotion) -> ArraySlice<LineStep> {
    let below = line(of: promotion.rung - 1)
    guard promotion.first < promotion.last, below.indices.contains(promotion.last) else { return [] }
    return below[(promotion.first + 1)...promotion.last]
  }

  /// What a range of the line below is worth there.
  public func effect(of promotion: Promotion) -> Double { range(of: promotion).reduce(0) { $0 + $1.effect } }

  /// How many steps a range has, weighed by what they are worth.
  func stepCount(of promotion: Promotion) -> Double { StepEffects.count(range(of: promotion).map(\.effect)) }

  /// Wall time of attempts on the rungs below one.
  func computeSeconds(below rung: Int) -> Double {
    computeSeconds - (max(2, rung)...max(2, rungs.count + 1)).reduce(0) { $0 + (self.rung($1)?.computeSeconds ?? 0) }
  }

  /// Changes the running test with this number, on whichever rung it is.
  mutating func withTest(_ number: Int, _ change: (inout RunningCertification) -> Void) {
    if certification?.number == number {
      if var test = certification {
        change(&test)
        certification = test
      }
    } else if let place = rungs.firstIndex(where: { $0.test?.number == number }), var test = rungs[place].test {
      change(&test)
      rungs[place].test = test
    }
  }

  /// Whether the test with this number is running, on whichever rung.
  func isRunning(test number: Int) -> Bool {
    certification?.number == number || rungs.contains { $0.test?.number == number }
  }
}

extension Promotion {
  var part: LinePart { LinePart(first: first, last: last) }
}

extension RungState {
  /// A part is no longer waiting: it is under way.
  fileprivate mutating func take(_ part: LinePart) {
    parts.removeAll { $0 == part }
    reached = max(reached, part.last)
  }

  /// What did not transfer is tried in halves, down to single steps.
  fileprivate mutating func split(_ promotion: Promotion) {
    guard promotion.last - promotion.first > 1 else {
      lost.append(promotion.through)
      return
    }
    let middle = (promotion.first + promotion.last) / 2
    parts.insert(
      contentsOf: [
        LinePart(first: promotion.first, last: middle), LinePart(first: middle, last: promotion.last),
      ], at: 0)
  }
}
