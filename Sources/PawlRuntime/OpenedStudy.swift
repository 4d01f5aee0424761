import Foundation
public import PawlCore
import PawlEngine
import PawlGuard
import PawlJournal
import PawlSandbox
import PawlSearch
import PawlWorkspace

/// A study that is open for running: its journal locked, its state folded, its world checked.
public final class OpenedStudy: Sendable {
  let workspace: Workspace
  let journal: Journal
  let sandbox: Sandbox
  let paths: StudyPaths
  let configuration: StudyConfiguration
  let baseline: CommitHash
  let engine: Engine
  let snapshotSequence: Int64
  /// Just before the journal's lock was taken.
  let openedAt: Timestamp
  let session: SessionStart
  /// What attempts of this machine have shares of; nil where none is placed.
  let machine: LocalMachine?
  /// To be journaled before the session begins: the study's start, or a change of its configuration.
  let firstEvents: [Event]
  let resumed: Bool
  /// What the certification that was asked for will take; nil where none was.
  public let plan: CertificationPlan?
  let access: AgentAccess
  /// The data of a study of generations; nil in one of code.
  let snapshots: SnapshotAccess?
  /// What a person should know before it runs, one line each.
  let notes: [String]

  /// What the command line adds to `pawl.yaml`.
  public struct Options: Sendable {
    public var stop: StopRule
    public var workers: Int?
    public var allowDirty: Bool
    /// The session is for one certification alone.
    public var certify: CertificationWish?
    /// The session judges what is handed in, and asks no agent.
    public var offers: OfferRule?
    public init(
      stop: StopRule = StopRule(), workers: Int? = nil, allowDirty: Bool = false, certify: CertificationWish? = nil,
      offers: OfferRule? = nil
    ) {
      self.offers = offers
      self.stop = stop
      self.workers = workers
      self.allowDirty = allowDirty
      self.certify = certify
    }
  }

  /// Opens or creates the study that `configuration` names.
  ///
  /// - Throws: an error of the port that failed, or a `RuntimeError`; nothing has been changed then.
  public init(at path: String, configuration: StudyConfiguration, options: Options, version: String) throws {
    let configuration = AgentAccess.priced(configuration)
    self.configuration = configuration
    workspace = try Workspace.open(at: path)
    sandbox = try Sandbox.probe(requirement: configuration.sandbox.requirement)
    // Now, not when the first attempt is due.
    try ClusterAccess.check(configuration)
    paths = StudyPaths(root: workspace.root, study: configuration.name)
    let workers = options.workers ?? configuration.workers
    var notes = Self.sandboxNotes(sandbox) + Self.programNotes(configuration)
    notes +=
      CheckoutLinks(
        entries: configuration.sandbox.readable, root: workspace.root, home: HomeFolder.path
      ).notes
    machine = LocalMachine.isShared(by: configuration) ? LocalMachine.current() : nil
    if let note = try machine?.check(configuration, workers: workers) { notes.append(note) }
    let asksAgents = options.certify == nil && options.offers == nil
    access =
      asksAgents
      ? try AgentAccess(configuration, stop: options.stop, environment: ProcessInfo.processInfo.environment) : .none
    notes += access.notes
    openedAt = .now()
    if let (journal, restored) = try Self.reopen(paths, configuration, in: workspace, notes: &notes),
      let start = restored.engine.state.start, let recorded = restored.engine.state.configuration
    {
      self.journal = journal
      engine = restored.engine
      snapshotSequence = restored.snapshot
      resumed = true
      baseline = start.baseline
      firstEvents = recorded == configuration ? [] : [.configurationChanged(configuration)]
      snapshots = try SnapshotAccess(
        configuration, root: workspace.root, paths: paths, known: restored.engine.state.generations.data)
      try Self.checkComparable(configuration, with: recorded, measured: { restored.engine.state.hasMeasured(on: $0) })
      try Self.checkBranch(workspace, configuration.name, expected: engine.state)
      // Now, not hours later when the first certificate would move it.
      try workspace.refuseCheckedOut(configuration.name)
      plan = try options.certify.map { try CertificationPlan($0, of: restored.engine.state, workers: workers) }
    } else if options.certify != nil {
      throw RuntimeError(
        .noStudy, "study `\(configuration.name)` has tried nothing yet", hints: ["run `pawl run` to begin it"])
    } else {
      let start = try Self.begin(configuration, in: workspace, options, notes: &notes)
      guard try workspace.branchTip(study: configuration.name) == nil else {
        throw RuntimeError(
          .branchMoved, "the branch `pawl/\(configuration.name)` exists, but the study has no journal",
          hints: [
            "rename it with `git branch -m pawl/\(configuration.name) NAME`, or name the study otherwise in pawl.yaml (`study:`)"
          ])
      }
      let folder = try workspace.prepareFolder(study: configuration.name)
      journal = try Journal.create(in: folder)
      engine = Engine()
      snapshotSequence = 0
      resumed = false
      plan = nil
      baseline = start.baseline
      snapshots = try SnapshotAccess(configuration, root: workspace.root, paths: paths, known: nil)
      firstEvents = [.studyStarted(start)] + (snapshots.map { [.dataTaken($0.data)] } ?? [])
    }
    session = SessionStart(
      version: version, host: ProcessInfo.processInfo.hostName, process: ProcessInfo.processInfo.processIdentifier,
      sandbox: sandbox.level, stop: options.stop, workers: workers, order: plan?.order,
      offers: options.offers, capacity: machine?.capacity)
    self.notes = notes
  }

  /// When the trial of a certificate was asked for; the branch's commits are dated by it, so that making one twice gives the same.
  func date(of certificate: Certificate) throws(JournalError) -> Timestamp {
    try journal.reader.trial(certificate.candidate)?.proposedAt ?? openedAt
  }

  /// Returns the study's journal and its fold, or nil where the study is to begin: there is no journal, or nothing was tried
  /// yet and what would be measured has changed since (a mended command, a new commit). Such a start is set aside, not deleted.
  private static func reopen(
    _ paths: StudyPaths, _ configuration: StudyConfiguration, in workspace: Workspace, notes: inout [String]
  ) throws -> (Journal, (engine: Engine, snapshot: Int64))? {
    guard paths.hasJournal else { return nil }
    let journal = try Journal.open(in: paths.folder)
    do {
      let restored = try restore(from: journal)
      let state = restored.engine.state
      // What was paid for, or said, is not set aside.
      let people = state.collaboration
      guard state.lastTrial == 0, state.spend == 0, state.lastHint == 0, people.lastNote == 0, people.lastBan == 0
      else { return (journal, restored) }
      let isSame = try state.start?.baseline == workspace.headCommit() && state.configuration == configuration
      if isSame, state.start?.dirty == false { return (journal, restored) }
      journal.close()
      let aside = try paths.setJournalAside()
      if state.start == nil {
        workspace.remove(aside)
      } else {
        notes.append("begins anew; the earlier start, which tried nothing, is kept in \(aside)")
      }
      return nil
    } catch {
      journal.close()
      throw error
    }
  }

  private static func restore(from journal: Journal) throws -> (engine: Engine, snapshot: Int64) {
    var engine = Engine()
    var sequence: Int64 = 0
    if let snapshot = try journal.latestSnapshot(version: StudyState.snapshotVersion),
      let state = try? JSONDecoder().decode(StudyState.self, from: Data(snapshot.bytes))
    {
      engine = Engine(state: state)
      sequence = snapshot.sequence
    }
    try journal.replay(after: sequence) { engine.replay($0) }
    return (engine, sequence)
  }

  private static func begin(
    _ configuration: StudyConfiguration, in workspace: Workspace, _ options: Options, notes: inout [String]
  ) throws -> StudyStart {
    // Where changes are handed in, those of the working tree are such changes, and no part of the baseline.
    let isHandedIn = options.offers != nil && !options.allowDirty
    let dirty = isHandedIn ? [] : try workspace.dirtyPaths().filter { !StudyReader.written.contains($0) }
    if !dirty.isEmpty, !options.allowDirty {
      let shown = dirty.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
      let more = dirty.count > 5 ? " and \(dirty.count - 5) more" : ""
      throw RuntimeError(
        .dirtyTree, "the working tree has changes that are not committed: \(shown)\(more)",
        hints: ["commit them", "or pass `--allow-dirty`: the baseline then takes them in and says so"])
    }
    var baseline =
      dirty.isEmpty ? try workspace.headCommit() : try workspace.commitWorkingTree(study: configuration.name)
    if let foundations = try Foundations(configuration, root: workspace.root) {
      baseline = try foundations.baseline(on: baseline, of: configuration, in: workspace)
      notes.append(foundations.note)
    }
    if !dirty.isEmpty { notes.append("the baseline takes in \(dirty.count) uncommitted paths") }
    // Here rather than as a failed baseline: links that lead out, submodules that are missing.
    try workspace.check(baseline)
    try CheckoutLinks(entries: configuration.sandbox.readable, root: workspace.root, home: HomeFolder.path)
      .check(tracked: try workspace.files(at: baseline).map(\.path))
    let policy = EditPolicy(configuration)
    let paths = try workspace.files(at: baseline).filter { $0.kind != .link && policy.isEditable($0.path) }
    guard !paths.isEmpty else {
      throw RuntimeError(
        .noEditableFile,
        "no committed file matches `editable`: \(configuration.editable.map { "`\($0)`" }.joined(separator: ", "))",
        hints: [
          configuration.generations == nil
            ? "commit the file, or correct `editable` in pawl.yaml"
            : "commit a `\(GenerationPlan.file)` that says `{}`: Pawl writes the rest"
        ])
    }
    let files = try workspace.texts(of: paths.map(\.path), at: baseline)
    if configuration.generations != nil { try GenerationPlan.checkBaseline(files[GenerationPlan.file] ?? "") }
    let frozen = try workspace.digest(at: baseline) { !policy.isEditable($0) }
    return StudyStart(
      configuration: configuration, baseline: baseline, frozenDigest: frozen, dirty: !dirty.isEmpty,
      fingerprint: CodeFingerprint.exact(of: files))
  }

  /// Measurements under another command, metric, budget or frozen set say nothing about these.
  private static func checkComparable(
    _ new: StudyConfiguration, with old: StudyConfiguration, measured: (Int) -> Bool
  ) throws {
    let changed = [
      (new.isReferee ? "referee" : "command", new.command != old.command || new.isReferee != old.isReferee),
      ("evaluate", new.evaluate != old.evaluate),
      ("artifacts", new.artifacts != old.artifacts), ("metric", new.metric != old.metric),
      ("editable", new.editable != old.editable), ("frozen", new.frozen != old.frozen),
      ("builds_on", new.buildsOn != old.buildsOn),
      // The objective, its weights and the principles are what the study is.
      ("generations", new.generations != old.generations),
      ("budget", new.budget != old.budget), ("ratchet", new.ratchet != old.ratchet), ("seed", new.seed != old.seed),
      // Another rung on top is no change: nothing was measured there.
      ("rungs", !new.hasRungs(of: old, measured: measured)),
    ].filter(\.1).map { "`\($0.0)`" }
    guard changed.isEmpty else {
      throw RuntimeError(
        .changedStudy,
        "pawl.yaml has another \(changed.joined(separator: ", ")) than study `\(old.name)` was begun with, so results would not compare",
        hints: ["undo the change, or begin a new study: give it another name in pawl.yaml (`study:`)"])
    }
  }

  private static func checkBranch(_ workspace: Workspace, _ study: StudyName, expected state: StudyState) throws {
    let tip = try workspace.branchTip(study: study)
    // A certificate may have moved the branch in the instant before a crash.
    guard tip != state.branchTip, state.awaitingBranch.isEmpty else { return }
    let expected = state.branchTip.map { "at \($0.short)" } ?? "absent"
    let found = tip.map { "at \($0.short)" } ?? "gone"
    let mend =
      state.branchTip.map { "git branch -f pawl/\(study) \($0.short)" } ?? "git branch -m pawl/\(study) NAME"
    throw RuntimeError(
      .branchMoved, "the branch `pawl/\(study)` is \(found), and Pawl left it \(expected)",
      hints: ["keep your commits on a branch of their own, then run `\(mend)`"])
  }

  /// A command that starts with a plain program name which the PATH does not have will fail every time.
  private static func programNotes(_ configuration: StudyConfiguration) -> [String] {
    let command = configuration.command
    let builtins: Set = [
      "cd", "exec", "export", "set", "test", "time", "trap", "ulimit", "umask", "unset", "exit", "true",
    ]
    guard let word = command.split(separator: " ").first.map(String.init), !builtins.contains(word),
      word.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || [0x2d, 0x2e, 0x5f].contains(byte)
      }), Doctor.find(word) == nil
    else { return [] }
    return ["`\(word)`, which the \(configuration.isReferee ? "referee" : "command") starts with, is not on your PATH"]
  }

  private static func sandboxNotes(_ sandbox: Sandbox) -> [String] {
    guard sandbox.level != .full else { return [] }
    let missing = sandbox.findings.filter { !$0.present }.map(\.name).joined(separator: ", ")
    return ["the sandbox is \(sandbox.level.rawValue), without: \(missing); `pawl doctor` says how to mend it"]
  }
}

extension StudyConfiguration {
  /// Whether every rung on which anything was measured runs what it ran in `old`, as far as the rungs themselves say.
  fileprivate func hasRungs(of old: StudyConfiguration, measured: (Int) -> Bool) -> Bool {
    // The state has a place for each of the old ones.
    guard rungCount >= old.rungCount else { return false }
    return (0..<old.rungCount).allSatisfy { place in
      guard measured(place + 1) else { return true }
      let new = rungs.indices.contains(place) ? rungs[place] : RungRule(name: "")
      let old = old.rungs.indices.contains(place) ? old.rungs[place] : RungRule(name: "")
      return new.command == old.command && new.evaluate == old.evaluate && new.environment == old.environment
        && new.budget == old.budget
    }
  }
}
