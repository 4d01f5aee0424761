import Foundation
import PawlCore
import PawlEngine
import PawlGuard
import PawlJournal
import PawlRatchet
import PawlSandbox
import PawlStatistics
import PawlWorkspace

/// The conductor: one thread that feeds the engine, writes the journal, and only then starts what the engine asks for.
public final class StudyRun {
  private enum Message: Sendable {
    case observed([Event])
    /// Something beside the study failed; the session cannot go on.
    case failed(any Error)
    /// An attempt ended; nil when it was cancelled.
    case attemptEnded(AttemptID, AttemptResult?)
    /// What a person should know of how attempts are made.
    case note(String)
    case signal(Int32)
    /// What was handed in, as a proposal: with the trial that it changes, and why it is refused if it is.
    case offered(Offer, Proposal, parent: TrialID, refusal: String?, path: String?)
  }

  private let opened: OpenedStudy
  private let observer: (StudyNotice) -> Void
  private let mailbox = Mailbox<Message>()
  private let cancellation = Cancellation()
  private let attempts: any AttemptExecutor
  private let preparation = WorkerThreads(name: "preparation", count: 1)
  private let maker: CandidateMaker
  private let conversation: AgentConversation
  /// The agent of a study of generations; nil in one of code.
  private let generations: GenerationAgent?
  private let proposals = ThreadPerJob(name: "proposal")
  private let inbox: ControlInbox

  private var engine: Engine
  private var startedAt: [AttemptID: Timestamp] = [:]
  private var finished: Finish?
  private var interrupts = 0
  private var stillness = MetricStillness()
  private var snapshotAt: Int64
  /// Taken out of the mailbox and not looked at yet.
  private var unread: [Message] = []
  /// Marks of what was handed in and is being looked at.
  private var offersUnderWay: Set<String> = []
  private let firstOffers: [Offer]

  /// The events between two snapshots: at most this many are folded when a study is opened.
  static let snapshotInterval: Int64 = 10_000

  /// Whether a study could not be opened because another process runs it.
  public static func isHeldByAnother(_ error: any Error) -> Bool {
    (error as? JournalError)?.code == .locked || (error as? RuntimeError)?.code == .held
  }

  /// - Parameter offers: what is handed in from the start.
  public init(_ opened: OpenedStudy, offers: [Offer] = [], observer: @escaping (StudyNotice) -> Void) throws {
    self.opened = opened
    firstOffers = offers
    self.observer = observer
    engine = opened.engine
    snapshotAt = opened.snapshotSequence
    let runner = AttemptRunner(
      workspace: opened.workspace, sandbox: opened.sandbox, paths: opened.paths,
      configuration: opened.configuration, baseline: opened.baseline,
      scanner: try MetricScanner(rule: opened.configuration.metric),
      curve: try opened.configuration.curve.map { rule throws(GuardError) in try CurveScanner(rule: rule) },
      snapshots: opened.snapshots, hidden: try opened.workspace.hiddenFolders())
    generations = GenerationAgent(opened, runner: runner, cancellation: cancellation)
    maker = try CandidateMaker(
      workspace: opened.workspace, configuration: opened.configuration, baseline: opened.baseline)
    conversation = try AgentConversation(opened, links: maker.links, runner: runner, cancellation: cancellation)
    inbox = ControlInbox(folder: opened.paths.inbox)
    let listener = AttemptListener(
      ended: { [mailbox] in mailbox.post(.attemptEnded($0, $1)) },
      progressed: { [mailbox] in mailbox.post(.observed([.attemptProgressed($0, $1)])) },
      note: { [mailbox] in mailbox.post(.note($0)) },
      failed: { [mailbox] in mailbox.post(.failed($0)) })
    attempts = try Self.executor(opened, runner, cancellation: cancellation, listener: listener)
  }

  private static func executor(
    _ opened: OpenedStudy, _ runner: AttemptRunner, cancellation: Cancellation, listener: AttemptListener
  ) throws -> any AttemptExecutor {
    let inFlight = Set(opened.engine.state.inFlight.keys)
    guard let access = ClusterAccess(opened.configuration) else {
      let given = ClusterExecutor.abandon(runner.layer, inFlight: inFlight)
      if !given.isEmpty {
        listener.note(
          "\(given.count) attempts are made again here, which a cluster was given before: end its jobs with `scancel`")
      }
      return LocalExecutor(
        runner, on: opened.machine, workers: opened.session.workers, cancellation: cancellation, listener: listener)
    }
    return try ClusterExecutor(
      access, layer: runner.layer, hidden: runner.measurer.hidden, level: opened.sandbox.level,
      inFlight: inFlight, cancellation: cancellation, listener: listener)
  }

  /// Ends the run at once, from any thread: what is under way is made again by the next session.
  public var end: @Sendable () -> Void { { [mailbox] in mailbox.post(.signal(SIGHUP)) } }

  /// Runs the study until it ends, is interrupted, or fails; blocks the calling thread.
  ///
  /// - Throws: what stopped the journal; everything recorded before is kept.
  public func run() throws -> StudyEnd {
    try SignalWatcher.start { [mailbox] in mailbox.post(.signal($0)) }
    // What was said to an earlier process; what came since the lock was taken is for this one.
    for (path, message) in inbox.waiting(before: opened.openedAt) where !message.verb.lasts { inbox.remove(path) }
    observer(
      .began(
        study: opened.configuration.name, folder: opened.paths.folder, resumed: opened.resumed,
        sandbox: opened.sandbox.level, notes: opened.notes))
    do {
      let words = try waitingWords()
      try step(opened.firstEvents + [.sessionStarted(opened.session)] + words.events)
      words.paths.forEach(inbox.remove)
      if let shortage = engine.state.pairShortage(workers: opened.session.workers) { observer(.note(shortage)) }
      for offer in firstOffers { try take(offer, from: nil) }
      while finished == nil {
        let messages = mailbox.take(waiting: 0.25)
        unread = messages
        while finished == nil, !unread.isEmpty { try receive(unread.removeFirst()) }
        try readInbox()
        if messages.isEmpty {
          // Time passes: a bound may have been reached.
          try step([])
          observer(.tick(progress()))
        }
      }
      try step([.sessionEnded(reason: finished?.reason ?? "")])
      snapshot()
    } catch {
      shutDown()
      throw error
    }
    shutDown()
    let failed = engine.state.failure != nil
    let report = Result { try ReportWriter(opened: opened).write(running: false) }
    return StudyEnd(
      reason: finished?.reason ?? "", failed: failed, interrupted: interrupts > 0, stalled: finished?.kind == .stalled,
      branch: engine.state.branchTip == nil ? nil : "pawl/\(opened.configuration.name)",
      report: try? report.get(), reportProblem: report.problem,
      approvalsAwaited: engine.state.collaboration.awaited.count)
  }

  private func receive(_ message: Message) throws {
    switch message {
    case .observed(let events): try step(events)
    case .failed(let error): throw error
    case .attemptEnded(let id, let result):
      startedAt[id] = nil
      // Cancelled attempts stay in flight in the journal: the next session makes them again.
      if let result {
        try step([.attemptFinished(result)])
        attempts.settled(id)
      }
      if engine.state.failure != nil { cancellation.cancel() }
      if (interrupts > 1 || engine.state.failure != nil), startedAt.isEmpty, finished == nil {
        finished = engine.state.failure.map { Finish(.failed, $0) } ?? Finish(.stopped, "interrupted")
      }
    case .note(let text): observer(.note(text))
    case .signal(let number): try interrupt(number)
    case .offered(let offer, let proposal, let parent, let refusal, let path):
      var events = engine.state.offer(proposal, on: parent, at: offer.parent, mark: offer.mark)
      if let refusal, case .proposalReceived(let trial, _)? = events.last {
        events.append(.proposalRefused(trial, reason: refusal))
      }
      try step(events)
      offersUnderWay.remove(offer.mark)
      if let path { inbox.remove(path) }
    }
  }

  /// Looks at what was handed in; the message stays until the journal has it.
  private func take(_ offer: Offer, from path: String?) throws {
    guard offersUnderWay.insert(offer.mark).inserted else { return }
    guard try opened.journal.reader.trial(offeredAs: offer.mark) == nil else {
      if let path { inbox.remove(path) }
      return
    }
    let known = try opened.journal.reader.trial(of: offer.parent)
    let head = engine.state.head?.trial ?? .baseline
    let people = engine.state.collaboration
    // Safe: the maker is used on the one preparation thread alone.
    nonisolated(unsafe) let maker = maker
    preparation.run { [mailbox] in
      do {
        let (proposal, refusal) = try maker.proposal(for: offer, isKnown: known != nil, people: people)
        mailbox.post(.offered(offer, proposal, parent: known ?? head, refusal: refusal, path: path))
      } catch {
        mailbox.post(.failed(error))
      }
    }
  }

  /// The first signal lets running attempts finish; the second stops them at once, and they are made again later.
  private func interrupt(_ number: Int32) throws {
    interrupts += 1
    guard interrupts > 1 || number == SIGHUP else { return try step([.stopRequested(reason: "interrupted")]) }
    interrupts = max(interrupts, 2)
    cancellation.cancel()
    if startedAt.isEmpty { finished = Finish(.stopped, "interrupted") }
  }

  private func readInbox() throws {
    for (path, message) in inbox.waiting() where finished == nil {
      if case .offer(let offer) = message.verb {
        try take(offer, from: path)
        continue
      }
      let events = try events(of: message, in: engine.state)
      if !events.isEmpty { try step(events) }
      inbox.remove(path)
    }
  }

  private func events(of message: ControlMessage, in state: StudyState) throws -> [Event] {
    try state.events(of: message, at: .now()) { trial in try opened.journal.reader.trial(trial)?.commit }
  }

  /// What was said since the last session: it goes with the first turn, so that nobody is asked who was banned meanwhile, and an
  /// approval counts though the session's bounds are reached.
  private func waitingWords() throws -> (events: [Event], paths: [String]) {
    var state = engine.state
    var (events, paths): ([Event], [String]) = ([], [])
    for (path, message) in inbox.waiting() where message.verb.lasts && !message.verb.isOffer {
      let said = try self.events(of: message, in: state)
      // Numbers count on from one to the next.
      for event in said { state.apply(event, at: opened.openedAt) }
      events += said
      paths.append(path)
    }
    return (events, paths)
  }

  /// One turn: decide, journal, act.
  private func step(_ observations: [Event]) throws {
    let now = Timestamp.now()
    let step = engine.handle(observations, at: now)
    if !step.events.isEmpty { try record(step.events, at: now) }
    for effect in step.effects { start(effect) }
    guard !step.events.isEmpty else { return }
    observer(.recorded(step.events, progress()))
    for event in step.events { if let remark = stillness.note(event) { observer(.note(remark)) } }
  }

  private func record(_ events: [Event], at now: Timestamp) throws {
    let sequence = try opened.journal.append(events, at: now)
    if sequence - snapshotAt >= Self.snapshotInterval { snapshot() }
  }

  /// Saves the fold so far. A snapshot only saves time at the next start: without it the journal is folded from further back.
  private func snapshot() {
    let sequence = opened.journal.lastSequence
    guard sequence > snapshotAt else { return }
    snapshotAt = sequence
    do {
      let bytes = [UInt8](try JSONEncoder().encode(engine.state))
      try opened.journal.saveSnapshot(bytes, version: StudyState.snapshotVersion, sequence: sequence)
    } catch {
      observer(.note("no snapshot was saved, so the next start takes longer: \(describe(error))"))
    }
  }

  private func start(_ effect: Effect) {
    switch effect {
    case .propose(let request, let replies): propose(request, replies)
    case .createCandidate(let trial, let parent, let proposal, let at):
      let study = opened.configuration.name
      prepare { try $0.create(study: study, trial, parent: parent, proposal, at: at) }
    case .rebase(let rebasing):
      let known = engine.state.fingerprints
      prepare { [opened] in try $0.rebase(rebasing, known: known) { try Self.heads(of: rebasing, in: opened) } }
    case .transplant(let transplant): prepare { try $0.transplant(transplant) }
    case .startAttempt(let request):
      startedAt[request.id] = .now()
      attempts.start(request)
    case .stopAttempt(let request):
      startedAt[request.id] = startedAt[request.id] ?? .now()
      attempts.stop(request)
    case .advanceBranch(let certificates):
      let tip = engine.state.branchTip
      preparation.run { [opened, mailbox] in
        mailbox.post(.observed(ResultBranch(opened: opened).advance(certificates, from: tip)))
      }
    case .finish(let finish): finished = finish
    }
  }

  /// The knob agent is quick and keeps what it found; others are asked on a thread of their own, as most of the time they think.
  private func propose(_ request: ProposalRequest, _ replies: [AgentReply]) {
    let state = engine.state
    guard request.reversal == nil,
      state.configuration?.agents.first(where: { $0.name == request.agent })?.kind != .knobs
    else {
      let (history, known, people) = (state.history, state.fingerprints, state.collaboration)
      return prepare { try $0.propose(request, history: history, known: known, people: people) }
    }
    if let generations {
      let (known, left) = (state.generations, state.spendLeft)
      return proposals.run { [mailbox] in
        do {
          let events = try generations.events(for: request, replies, known, spendLeft: left)
          if !events.isEmpty { mailbox.post(.observed(events)) }
        } catch {
          mailbox.post(.failed(error))
        }
      }
    }
    let context = AgentContext(state, for: request, at: .now())
    proposals.run { [mailbox, conversation] in
      do {
        let events = try conversation.events(for: request, replies, context)
        if !events.isEmpty { mailbox.post(.observed(events)) }
      } catch {
        mailbox.post(.failed(error))
      }
    }
  }

  /// Returns the heads from the candidate's parent to the one that it is put on.
  private static func heads(of rebasing: Rebasing, in opened: OpenedStudy) throws -> [HeadStep] {
    let reader = opened.journal.reader
    let path = try reader.headPath().map(\.trial)
    guard let last = path.lastIndex(of: rebasing.request.onto),
      let first = path[...last].lastIndex(of: rebasing.parent.trial)
    else { return [] }
    return try path[first...last].compactMap { trial in
      try reader.trial(trial)?.commit.map { HeadStep(trial: trial, commit: $0) }
    }
  }

  private func prepare(_ work: @escaping @Sendable (CandidateMaker) throws -> [Event]) {
    // Safe: the maker is used on the one preparation thread alone.
    nonisolated(unsafe) let maker = maker
    preparation.run { [mailbox] in
      do {
        mailbox.post(.observed(try work(maker)))
      } catch {
        mailbox.post(.failed(error))
      }
    }
  }

  private func shutDown() {
    cancellation.cancel()
    attempts.finish()
    preparation.finish()
    proposals.finish()
    keepPaidReplies()
    opened.workspace.remove(opened.paths.attempts)
    opened.journal.close()
  }

  /// Answers that came while the session ended were paid for: the next one goes on with them.
  private func keepPaidReplies() {
    let replies = (unread + mailbox.take(waiting: 0)).flatMap { message -> [Event] in
      guard case .observed(let events) = message else { return [] }
      return events.filter { $0.kind == "replyReceived" }
    }
    guard !replies.isEmpty else { return }
    do {
      _ = try opened.journal.append(replies, at: .now())
    } catch {
      observer(.note("\(replies.count) answers of agents were lost: \(describe(error))"))
    }
  }

  private func progress() -> StudyProgress {
    let state = engine.state
    let running = state.inFlight.values.sorted { $0.id < $1.id }.compactMap { request in
      startedAt[request.id].map { StudyProgress.Attempt(request: request, since: $0) }
    }
    let certification = state.certification.map {
      (
        candidate: $0.candidate.trial, pairs: $0.test.pairs.count, eValue: $0.test.eValue, threshold: $0.test.threshold
      )
    }
    return StudyProgress(
      metric: opened.configuration.metric, trialsEnded: state.ended, trialBound: state.trialBound,
      secondsLeft: state.secondsLeft(at: .now()), running: running, workers: state.workers,
      calibrated: state.calibrated, calibration: state.calibrationWanted, baselineMean: state.baselineMean,
      calibrationLeftOut: state.calibrationLeftOut, headEstimate: state.ratchet?.headEstimate?.mean,
      head: state.head?.trial ?? .baseline,
      champion: state.champion?.trial ?? .baseline, sigma: state.ratchet?.sigma, paused: state.pausedBy != nil,
      stopping: state.stopReason != nil, certification: certification,
      approvalsAwaited: state.collaboration.awaited.count,
      rungs: (1...opened.configuration.rungCount).map { opened.configuration.rung($0).name },
      promotions: state.rungs.indices.compactMap { place in
        state.rungs[place].test.map {
          (rung: place + 2, pairs: $0.test.pairs.count, eValue: $0.test.eValue, threshold: $0.test.threshold)
        }
      })
  }
}

extension Result {
  /// What the failure says; nil for a success.
  fileprivate var problem: String? {
    if case .failure(let error) = self { return describe(error) }
    return nil
  }
}
