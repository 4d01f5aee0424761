import PawlCore
import PawlRuntime

/// Shows a running study: one line for each thing that happened and, on a terminal, a last line that is kept up to date.
final class ProgressDisplay {
  private let console: Console
  private let quiet: Bool
  private let began = Timestamp.now()
  private var statusShown = false
  private var complaints: Set<String> = []
  private var hypotheses: [TrialID: String] = [:]
  private var measured: [TrialID: Int] = [:]
  private var failedLog: String?
  /// The trials of attempts that this session has asked for, and why the last failed one of a trial gave no measurement.
  private var attempted: [AttemptID: TrialID] = [:]
  private var remarks: [TrialID: String] = [:]
  /// Runs of the baseline that the study wanted when the last one was shown.
  private var runsAsked: Int?

  init(console: Console, quiet: Bool) {
    self.console = console
    self.quiet = quiet
  }

  func show(_ notice: StudyNotice) {
    guard !quiet else { return }
    switch notice {
    case .began(let study, let folder, let resumed, let sandbox, let notes):
      print("study \(study) \(resumed ? "carries on" : "begins"), sandbox \(sandbox.rawValue), journal in \(folder)")
      for note in notes { print(Ink.careful.paint("note", console.messageColour) + " \(note)") }
    case .recorded(let events, let progress):
      for event in events { if let line = line(for: event, progress) { print(line) } }
      update(progress)
    case .note(let text): print(Ink.careful.paint("note", console.messageColour) + " \(text)")
    case .tick(let progress): update(progress)
    }
  }

  /// Ends a session whose result is printed elsewhere.
  func conclude(_ end: StudyEnd) {
    clear()
    if end.failed { console.messages(Ink.bad.paint("failed", console.messageColour) + ": \(end.reason)\n") }
    if let words = awaitedApprovals(end.approvalsAwaited) { console.messages("\(words)\n") }
    guard !quiet, let problem = end.reportProblem else { return }
    console.messages(Ink.careful.paint("note", console.messageColour) + " there is no report: \(problem)\n")
  }

  func finish(_ end: StudyEnd) {
    clear()
    if end.failed {
      console.messages(
        Ink.bad.paint("failed", console.messageColour)
          + ": \(end.reason)\n\(endOfLog)\nhint: `pawl show 0` has its attempts and the end of its log\n")
    }
    guard !quiet else { return }
    if !end.failed {
      console.messages("\nended: \(end.reason), after \(Timestamp.now().since(began).seconds.asDuration)\n")
    }
    if end.interrupted { console.messages("`pawl run` carries on\n") }
    if let words = awaitedApprovals(end.approvalsAwaited) { console.messages("\(words)\n") }
    if let branch = end.branch { console.output("branch  \(branch)\n") }
    if end.stalled {
      let isAgents = end.reason.hasPrefix("no agent")
      let words =
        isAgents
        ? "`pawl doctor` says which agents can be reached"
        : "`pawl log --state crashed` lists them, `pawl show ID` has the end of a log"
      console.messages("hint: \(words)\n")
    }
    if let problem = end.reportProblem {
      console.messages(Ink.careful.paint("note", console.messageColour) + " there is no report: \(problem)\n")
    }
    if let report = end.report { console.output("report  \(report)\n") }
  }

  /// What the attempt that failed printed last, or that it printed nothing.
  private var endOfLog: String {
    guard let failedLog else { return "" }
    let lines = failedLog.split(separator: "\n").suffix(Self.logLines)
    return lines.isEmpty ? "it printed nothing\n" : "its last lines:\n\(lines.map { "  \($0)\n" }.joined())"
  }

  private static let logLines = 20

  // MARK: events

  private func line(for event: Event, _ progress: StudyProgress) -> String? {
    switch event {
    case .proposalReceived(let trial, let proposal):
      hypotheses[trial] = proposal.hypothesis
      return nil
    case .attemptRequested(let request):
      attempted[request.id] = request.trial
      return nil
    case .attemptFinished(let result):
      if let trial = attempted.removeValue(forKey: result.id), result.measurement == nil {
        remarks[trial] = result.remark
      }
      failedLog = result.measurement == nil ? result.logTail : failedLog
      if result.disturbance == .repeated, let words = result.disturbanceInWords {
        return Ink.careful.paint("attempt \(result.id)", console.messageColour) + " \(words)"
      }
      return measured(result, progress)
    case .trialJudged(let trial, let verdict, let evidence):
      remarks[trial] = nil
      return judged(trial, verdict, evidence)
    case .trialCrashed(let trial, let outcome):
      return row(trial, "crashed", outcome.words(with: remarks.removeValue(forKey: trial)))
    case .proposalRefused(let trial, let reason): return row(trial, "refused", reason)
    case .agentFailed(let trial, let failure): return agentFailed(trial, failure)
    case .hintGiven(let hint): return "hint \(hint.number) of \(hint.by): \(hint.text)"
    case .noteAdded(let note): return "note \(note.number): \(note.line)"
    case .claimed(let claim): return "claim \(claim.number): \(claim.line)"
    case .pinned(let trial, _, let person): return "trial \(trial) is pinned by \(person)"
    case .unpinned(let trial, let person): return "the pin of trial \(trial) is ended by \(person)"
    case .banned(let ban): return "ban \(ban.number) of \(ban.by): \(ban.words)"
    case .banLifted(let number, let person): return "ban \(number) is lifted by \(person)"
    case .approvalRequested(let request):
      return Ink.careful.paint("approval \(request.number)", console.messageColour)
        + " is awaited: \(request.subject.words); `pawl approve`"
    case .approvalDecided(let decision): return "approval \(decision.number) \(decision.words)"
    case .rebaseRequested(let request): return promising(request)
    case .rebaseConflicted(let conflict):
      guard conflict.stays == true else { return row(conflict.trial, "refused", conflict.reason) }
      return row(conflict.trial, "promising", "\(conflict.reason), so it is judged as it is")
    case .certificationStarted(let number, let candidate, let champion, _):
      return "certificate \(number): trial \(candidate) against \(name(champion)), on fresh paired seeds"
    case .certificationFailed(let number, let eValue, let pairs, let breach):
      let why = breach.map { "\($0), " } ?? ""
      return "certificate \(number) failed: \(why)e-value \(eValue.formatted(digits: 3)) after \(pairs) pairs"
    case .championCertified(let certificate): return certified(certificate, on: progress)
    case .transplantFailed(let transplant, let reason):
      return
        "\(change(transplant.promotion)) is not tried on \(progress.name(of: transplant.promotion.rung)): \(reason)"
    case .promotionStarted(let start):
      return "test \(start.number) on \(progress.name(of: start.promotion.rung)): \(change(start.promotion)) against "
        + "\(name(start.champion)), with a chance of \(start.chance.asPercent)"
    case .promotionFailed(let failure):
      if let obstacle = failure.obstacle {
        return Ink.careful.paint("rung", console.messageColour)
          + " \(progress.name(of: failure.promotion.rung)) takes nothing in this session: \(obstacle); mend what it runs in pawl.yaml (`rungs`)"
      }
      let effect = failure.effect.map { ", effect \($0.asEffect)" } ?? ""
      return "test \(failure.number) on \(progress.name(of: failure.promotion.rung)) failed: "
        + "\(change(failure.promotion)) does not carry over, e-value \(failure.eValue.formatted(digits: 3)) after \(failure.pairs) pairs\(effect)"
    case .promotionCertified(let certificate): return certified(certificate, on: progress)
    case .branchBlocked(_, let reason): return Ink.careful.paint("branch", console.messageColour) + " waits: \(reason)"
    case .paused(let person): return "paused by \(person); `pawl resume` carries on"
    case .resumed: return "resumed"
    case .stopRequested: return "stopping: running attempts finish; Ctrl-C again stops at once"
    case .configurationChanged: return "pawl.yaml changed since the last session"
    default: return nil
    }
  }

  /// An agent that is down fails again and again: it is told once for each reason.
  private func agentFailed(_ trial: TrialID, _ failure: AgentFailure) -> String? {
    guard complaints.insert(failure.reason).inserted else { return nil }
    let later = failure.kind == .transient ? "; it is asked again later" : ""
    let hint = failure.hint.map { "\n" + Ink.careful.paint("hint", console.messageColour) + " \($0)" } ?? ""
    return row(trial, "failed", failure.reason + later) + hint
  }

  private func measured(_ result: AttemptResult, _ progress: StudyProgress) -> String? {
    guard progress.calibrated <= progress.calibration, let baseline = progress.baselineMean,
      progress.trialsEnded == 0, progress.head == .baseline, let value = result.measurement,
      measured[.baseline, default: 0] < progress.calibrated
    else { return nil }
    measured[.baseline] = progress.calibrated
    let noise = progress.sigma.map { ", noise σ \($0.formatted(digits: 3))" } ?? ""
    let mean = progress.calibrated > 1 ? ", mean \(baseline.asMetric)\(noise)" : ""
    let remark = progress.calibrated == 1 ? result.remark.map { ", \($0)" } ?? "" : ""
    let line =
      "baseline \(progress.calibrated)/\(progress.calibration)  \(progress.metric.name) \(value.asMetric)\(remark)\(mean)"
    guard let calibration = self.remark(on: progress) else { return line }
    return line + "\n" + Ink.careful.paint("note", console.messageColour) + " \(calibration)"
  }

  /// What the runs of the baseline say of the metric, where that is out of the ordinary.
  private func remark(on progress: StudyProgress) -> String? {
    defer { runsAsked = progress.calibration }
    if let asked = runsAsked, progress.calibration > asked {
      return "one run is absurdly far from the others: \(progress.calibration - asked) more say whether it counts"
    }
    guard progress.calibrated == progress.calibration else { return nil }
    if let value = progress.calibrationLeftOut {
      return "the run with \(value.asMetric) stands alone: neither the noise nor the baseline's mean counts it"
    }
    guard progress.sigma == 0 else { return nil }
    return "the metric does not depend on the seed: one attempt decides each trial, and nothing tells of other seeds; "
      + "where chance plays a part, let the command take its seed from PAWL_SEED"
  }

  private func judged(_ trial: TrialID, _ verdict: Verdict, _ evidence: Evidence) -> String {
    row(trial, verdict.rawValue, numbers(evidence))
  }

  private func numbers(_ evidence: Evidence) -> String {
    if evidence.stoppedAt != nil, let besides = evidence.besides { return besides }
    let times = evidence.measurements > 1 ? " (\(evidence.measurements)x)" : ""
    let effect = "\(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2))"
    let besides = evidence.besides.map { ", \($0)" } ?? ""
    return "\(evidence.mean.asMetric)\(times)  \(effect)\(besides)"
  }

  /// What was measured against a head that is gone is not decided yet, and takes more attempts on the present one.
  private func promising(_ request: RebaseRequest) -> String? {
    guard let evidence = request.evidence else { return nil }
    let word = Ink.careful.paint("promising".padded(to: 12), console.messageColour)
    return "trial \(request.trial.description.padded(to: 5)) \(word) \(numbers(evidence)) over \(name(evidence.head)), "
      + "to be measured again on \(name(request.onto))"
  }

  private func row(_ trial: TrialID, _ standing: String, _ text: String) -> String {
    let word = ink(for: standing).paint(standing.padded(to: 12), console.messageColour)
    let what = hypotheses.removeValue(forKey: trial).map { "  \($0)" } ?? ""
    return "trial \(trial.description.padded(to: 5)) \(word) \(text)\(what)"
  }

  /// A range of the rung below, by its newest trial.
  private func change(_ promotion: Promotion) -> String {
    promotion.last - promotion.first > 1
      ? "\(promotion.last - promotion.first) changes up to trial \(promotion.through)" : "trial \(promotion.through)"
  }

  private func certified(_ certificate: Certificate, on progress: StudyProgress) -> String {
    let seeds = certificate.ignoresSeeds ? ", the same under every seed" : ""
    let interval =
      "[\(certificate.interval.lowerBound.formatted(digits: 3)), \(certificate.interval.upperBound.formatted(digits: 3))]"
    let place = certificate.rung.map { " on \(progress.name(of: $0))" } ?? ""
    return Ink.good.paint("certified", console.messageColour) + place
      + ": trial \(certificate.candidate) is better than \(name(certificate.champion)) by \(certificate.effect.formatted(digits: 3)) \(interval), e-value \(certificate.eValue.formatted(digits: 3)) (asked for \(certificate.threshold.formatted(digits: 3)))\(seeds)"
  }

  private func name(_ trial: TrialID) -> String { trial == .baseline ? "the baseline" : "trial \(trial)" }

  // MARK: the last line

  private func print(_ line: String) {
    clear()
    console.messages(line + "\n")
  }

  private func clear() {
    guard statusShown else { return }
    console.messages("\r\u{1b}[K")
    statusShown = false
  }

  private func update(_ progress: StudyProgress) {
    guard console.messagesAreTerminal else { return }
    let text = status(progress).cut(to: console.columns - 1)
    console.messages("\r" + Ink.faint.paint(text, console.messageColour) + "\u{1b}[K")
    statusShown = true
  }

  private func status(_ progress: StudyProgress) -> String {
    let now = Timestamp.now()
    var parts = [progress.trialBound.map { "\(progress.trialsEnded)/\($0) trials" } ?? "\(progress.trialsEnded) trials"]
    if let estimate = progress.headEstimate {
      var text = "head about \(estimate.formatted(digits: 5))"
      if let baseline = progress.baselineMean, progress.head != .baseline {
        text += " (believed \(progress.metric.direction.improvement(of: estimate, over: baseline).asEffect))"
      }
      parts.append(text)
    }
    if let certification = progress.certification {
      parts.append("certifying: \(certification.pairs) pairs, e \(certification.eValue.formatted(digits: 3))")
    }
    for test in progress.promotions {
      parts.append("\(progress.name(of: test.rung)): \(test.pairs) pairs, e \(test.eValue.formatted(digits: 3))")
    }
    let running = progress.running.map { attempt in
      "#\(attempt.request.trial)\(attempt.request.rung > 1 ? " on \(progress.name(of: attempt.request.rung))" : "") \(now.since(attempt.since).seconds.asDuration)"
    }
    if !running.isEmpty { parts.append("running \(running.joined(separator: ", "))") }
    if let left = progress.secondsLeft { parts.append("\(left.asDuration) left") }
    parts.append(now.since(began).seconds.asDuration)
    if progress.approvalsAwaited > 0 { parts.append("\(progress.approvalsAwaited) awaited") }
    if progress.paused { parts.append("paused") }
    if progress.stopping { parts.append("stopping") }
    return parts.joined(separator: " · ")
  }
}

extension StudyProgress {
  fileprivate func name(of rung: Int) -> String { rungs.indices.contains(rung - 1) ? rungs[rung - 1] : "rung \(rung)" }
}
