import Foundation
import PawlCluster
import PawlCore
import PawlSandbox
import PawlWorkspace

/// Makes attempts as jobs of a cluster: lays down their folders, hands them in together, looks at all of them at once, and collects.
///
/// One thread, the watcher, owns what is known of the jobs; two others lay folders down and remove them. However many attempts
/// are in flight, there are no more.
final class ClusterExecutor: AttemptExecutor {
  private enum Message: Sendable {
    /// The folder is there: `mayRun` where an earlier session may have handed the job in.
    case laid(AttemptRequest, mayRun: Bool)
    case notLaid(AttemptRequest, mayRun: Bool, any Error)
    /// It was cancelled before anything was done for it.
    case dropped(AttemptID)
    case finish
  }

  private let layer: AttemptLayer
  private let hidden: [String]
  private let access: ClusterAccess
  private let series: String
  private let ownLevel: SandboxLevel
  private let cancellation: Cancellation
  private let listener: AttemptListener
  private let inbox = Mailbox<Message>()
  private let folders = WorkerThreads(name: "folders", count: 2)
  private let left = DispatchSemaphore(value: 0)

  /// Seconds that a request waits for others to go with it.
  private static let gathering = 0.05
  /// Seconds after which a cancelled job that does not end is left to the next session.
  private static let patience = 60.0

  /// - Parameter inFlight: attempts that the journal asks for; folders of others are removed.
  init(
    _ access: ClusterAccess, layer: AttemptLayer, hidden: [String], level: SandboxLevel, inFlight: Set<AttemptID>,
    cancellation: Cancellation, listener: AttemptListener
  ) throws(RuntimeError) {
    self.access = access
    self.layer = layer
    self.hidden = hidden
    ownLevel = level
    self.cancellation = cancellation
    self.listener = listener
    series = try JobSeries.name(study: layer.configuration.name, folder: layer.paths.cluster)
    sweep(keeping: inFlight)
    let thread = Thread { [self] in
      var watcher = Watcher(self)
      watcher.run()
      left.signal()
    }
    thread.name = "cluster"
    thread.stackSize = 4 << 20
    thread.start()
  }

  func start(_ request: AttemptRequest) {
    folders.run { [self] in lay(request, mayRun: true) }
  }

  /// Nothing is heard of a job's metric on its way, so this is asked for only where an earlier session made the attempt: it runs to its end.
  func stop(_ request: AttemptRequest) { start(request) }

  func settled(_ attempt: AttemptID) {
    folders.run { [self] in layer.workspace.remove(folder(of: attempt).path) }
  }

  func finish() {
    inbox.post(.finish)
    left.wait()
    folders.finish()
  }

  private func folder(of attempt: AttemptID) -> AttemptFolder {
    AttemptFolder(path: "\(layer.paths.cluster)/\(attempt)")
  }

  /// Returns attempts in flight that a cluster was given before the study's executor was changed; their folders are removed.
  static func abandon(_ layer: AttemptLayer, inFlight: some Collection<AttemptID>) -> [AttemptID] {
    let given = inFlight.filter { FileManager.default.fileExists(atPath: "\(layer.paths.cluster)/\($0)") }.sorted()
    for attempt in given { layer.workspace.remove("\(layer.paths.cluster)/\(attempt)") }
    return given
  }

  private func sweep(keeping inFlight: Set<AttemptID>) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: layer.paths.cluster)) ?? []
    let stale = names.compactMap { Int($0) }.map { AttemptID(rawValue: $0) }.filter { !inFlight.contains($0) }
    for attempt in stale { settled(attempt) }
  }

  /// Lays an attempt's folder down; the spec comes last and says that all else is there. Only then can the job be handed in.
  ///
  /// - Parameter mayRun: whether a folder with a spec is one whose job may be in the queue; otherwise it is made anew.
  private func lay(_ request: AttemptRequest, mayRun: Bool) {
    guard !cancellation.isCancelled else { return inbox.post(.dropped(request.id)) }
    let folder = folder(of: request.id)
    do {
      if mayRun, try folder.readSpec()?.request == request { return inbox.post(.laid(request, mayRun: true)) }
      layer.workspace.remove(folder.path)
      try layer.paths.createFolder(folder.path)
      let place = folder.place(log: layer.paths.place(of: request.id))
      try layer.prepare(request, in: place)
      if layer.configuration.rung(request.rung).evaluate != nil { try layer.layStage(in: place) }
      try folder.write(
        AttemptSpec(
          request: request, configuration: layer.configuration, baseline: layer.baseline, root: layer.workspace.root,
          hidden: hidden, place: place))
      inbox.post(.laid(request, mayRun: false))
    } catch {
      inbox.post(.notLaid(request, mayRun: mayRun, error))
    }
  }

  /// What the watcher's thread alone touches.
  private struct Watcher {
    private struct Entry {
      let request: AttemptRequest
      var watch: JobWatch
    }
    private let executor: ClusterExecutor
    private var access: ClusterAccess { executor.access }
    private var entries: [AttemptID: Entry] = [:]
    /// Being laid down again, and so out of `submit`'s sight.
    private var waiting: [AttemptID: JobWatch] = [:]
    /// Laid down in vain so often.
    private var layings: [AttemptID: Int] = [:]
    /// To be laid down again once that time has come.
    private var delayed: [(request: AttemptRequest, mayRun: Bool, at: Double)] = []
    private var readySince: Double?
    /// Nothing is handed in before.
    private var submitAfter = 0.0
    private var pollAt = 0.0
    private var isFinishing = false
    /// What was said already, so that it is said once.
    private var said: Set<String> = []
    private var trouble: String?

    init(_ executor: ClusterExecutor) { self.executor = executor }

    mutating func run() {
      while true {
        take(executor.inbox.take(waiting: pause))
        if executor.cancellation.isCancelled { cancel() }
        if isFinishing, entries.isEmpty, waiting.isEmpty { return }
        let now = Self.now
        for item in delayed where item.at <= now {
          executor.folders.run { [executor] in executor.lay(item.request, mayRun: item.mayRun) }
        }
        delayed.removeAll { $0.at <= now }
        if let since = readySince, now - since >= ClusterExecutor.gathering, now >= submitAfter { submit() }
        if Self.now >= pollAt, !entries.isEmpty { poll() }
      }
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }

    /// Short enough to notice a cancellation soon.
    private var pause: Double {
      let now = Self.now
      var pause = 0.25
      if let readySince { pause = min(pause, max(readySince + ClusterExecutor.gathering, submitAfter) - now) }
      if !entries.isEmpty { pause = min(pause, pollAt - now) }
      return max(0.001, pause)
    }

    private mutating func take(_ messages: [Message]) {
      for message in messages {
        switch message {
        case .finish: isFinishing = true
        case .laid(let request, let mayRun):
          var watch = waiting.removeValue(forKey: request.id) ?? JobWatch(.ready)
          watch.phase = mayRun ? .inDoubt : .ready
          entries[request.id] = Entry(request: request, watch: watch)
          if mayRun {
            // Its result may be there already.
            pollAt = 0
          } else {
            readySince = readySince ?? Self.now
          }
        case .notLaid(let request, let mayRun, let error): notLaid(request, mayRun: mayRun, error)
        case .dropped(let id):
          waiting[id] = nil
          executor.listener.ended(id, nil)
        }
      }
    }

    /// A disk that is full, or a quota, may pass; what is wrong with the candidate itself does not.
    private mutating func notLaid(_ request: AttemptRequest, mayRun: Bool, _ error: any Error) {
      let failures = layings[request.id, default: 0] + 1
      guard failures < JobWatch.mostStarts, !executor.cancellation.isCancelled else {
        layings[request.id] = nil
        waiting[request.id] = nil
        entries[request.id] = nil
        let result =
          executor.cancellation.isCancelled ? nil : unstarted(request, .launchFailed(reason: describe(error)))
        return executor.listener.ended(request.id, result)
      }
      layings[request.id] = failures
      say("attempt \(request.id) could not be laid down and is tried again: \(describe(error))", once: describe(error))
      delayed.append((request, mayRun, Self.now + access.grace))
    }

    private mutating func submit() {
      let ready = entries.values.filter { $0.watch.phase == .ready }.sorted { $0.request.id < $1.request.id }
      readySince = nil
      let jobs = ready.map { job($0.request) }
      guard !jobs.isEmpty else { return }
      // In doubt before the call, not after it: what comes of it may never be known.
      let answers = access.scheduler.submit(jobs)
      var problem: ClusterError?
      for (entry, job) in zip(ready, jobs) {
        switch answers[job.name] {
        case .taken(let id): entries[entry.request.id]?.watch.phase = .submitted(id: id)
        case .unknown(let error):
          entries[entry.request.id]?.watch.phase = .inDoubt
          problem = error
        case .refused(let error): problem = error
        case nil: entries[entry.request.id]?.watch.phase = .inDoubt
        }
      }
      let now = Self.now
      if pollAt < now { pollAt = now + access.poll }
      guard let problem else { return }
      // A limit passes when one of ours ends; where none is there, it never will.
      let hasOwn = entries.values.contains { if case .submitted = $0.watch.phase { true } else { false } }
      guard problem.code == .unreachable || problem.code == .unreadable || (problem.code == .limited && hasOwn) else {
        return executor.listener.failed(problem)
      }
      submitAfter = now + max(access.poll, 5)
      readySince = now
      say("\(access.scheduler.title) takes no jobs now, so attempts wait: \(describe(problem))", once: problem.message)
    }

    private func job(_ request: AttemptRequest) -> ClusterJob {
      ClusterJob(
        series: executor.series, number: request.id.rawValue, command: [access.program, "attempt"],
        folder: executor.folder(of: request.id).path,
        resources: ClusterAccess.resources(of: executor.layer.configuration.rung(request.rung)))
    }

    /// One look at everything.
    private mutating func poll() {
      let names = names(where: { $0.watch.phase != .ready })
      // Results after the queue: a job that the queue says has ended has written before.
      let records = names.isEmpty ? [:] : look(names)
      let now = Self.now
      for (id, entry) in entries.sorted(by: { $0.key < $1.key }) where entry.watch.phase != .ready {
        let folder = executor.folder(of: id)
        let report = report(of: id, in: folder)
        var watch = entry.watch
        let action = watch.look(
          hasResult: report != nil, records: records.map { $0[job(entry.request).name] ?? [] },
          words: folder.lastWords(in: ClusterJob.output), grace: access.grace, now: now)
        entries[id]?.watch = watch
        act(action, on: entry.request, report)
        if let reason = watch.reason {
          say("\(access.scheduler.title) holds attempts back: `\(reason)`", once: reason)
        }
      }
      pollAt = Self.now + access.poll
    }

    private mutating func act(_ action: JobWatch.Action, on request: AttemptRequest, _ report: NodeReport?) {
      switch action {
      case .wait: break
      case .collect: if let report { collect(report) }
      case .again(let reason):
        say("attempt \(request.id) is handed in again: \(reason)", once: reason)
        entries[request.id]?.watch.reset()
        waiting[request.id] = entries.removeValue(forKey: request.id)?.watch
        executor.folders.run { [executor] in executor.lay(request, mayRun: false) }
      case .give(let outcome, let remark):
        entries[request.id] = nil
        executor.listener.ended(request.id, unstarted(request, outcome, remark: remark))
      }
    }
    private mutating func collect(_ report: NodeReport) {
      entries[report.result.id] = nil
      if report.result.sandbox.isWeaker(than: executor.ownLevel) {
        let missing = report.missing.joined(separator: ", ")
        say(
          "node `\(report.host)` has a `\(report.result.sandbox.rawValue)` sandbox, without: \(missing)",
          once: "sandbox \(report.host)")
      }
      executor.listener.ended(report.result.id, report.result)
    }

    private func report(of id: AttemptID, in folder: AttemptFolder) -> NodeReport? {
      folder.refresh()
      // What cannot be read now may be readable at the next look.
      guard let report = (try? folder.readReport()) ?? nil, report.result.id == id else { return nil }
      return report
    }

    private mutating func look(_ names: Set<String>) -> [String: [JobRecord]]? {
      do {
        let records = try access.scheduler.records(of: names)
        if trouble != nil { executor.listener.note("\(access.scheduler.title) answers again") }
        trouble = nil
        return records
      } catch {
        if trouble != error.message {
          executor.listener.note(
            "\(access.scheduler.title) cannot be asked, so nothing is concluded about its jobs: \(describe(error))")
        }
        trouble = error.message
        return nil
      }
    }

    private func names(where isWanted: (Entry) -> Bool) -> Set<String> {
      Set(entries.values.filter(isWanted).map { job($0.request).name })
    }

    /// Ends what runs. What ended by itself meanwhile is collected; what is surely gone is made again by a later session; what
    /// cannot be asked about keeps its folder, so that the later session finds it.
    private mutating func cancel() {
      let now = Self.now
      for item in delayed {
        waiting[item.request.id] = nil
        executor.listener.ended(item.request.id, nil)
      }
      delayed = []
      for (id, entry) in entries where entry.watch.phase == .ready {
        drop(id)
      }
      guard !entries.isEmpty else { return }
      let names = names(where: { _ in true })
      guard let first = look(names) else { return leave() }
      let live = entries.values.compactMap { $0.watch.live(in: first[job($0.request).name] ?? [])?.id }
      do {
        try access.scheduler.cancel(live)
      } catch {
        executor.listener.note("jobs could not be cancelled: \(describe(error))")
        return leave()
      }
      while !entries.isEmpty, Self.now - now < ClusterExecutor.patience {
        guard let records = look(names) else { break }
        for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
          guard entry.watch.live(in: records[job(entry.request).name] ?? []) == nil else { continue }
          if let report = report(of: id, in: executor.folder(of: id)) {
            collect(report)
          } else if entry.watch.phase == .inDoubt {
            // It may come up yet.
            continue
          } else {
            drop(id)
          }
        }
        if entries.values.allSatisfy({ $0.watch.phase == .inDoubt }) { break }
        Thread.sleep(forTimeInterval: 0.2)
      }
      leave()
    }

    /// Nothing of it runs: a later session makes it anew.
    private mutating func drop(_ id: AttemptID) {
      entries[id] = nil
      executor.settled(id)
      executor.listener.ended(id, nil)
    }

    private mutating func leave() {
      guard !entries.isEmpty else { return }
      executor.listener.note("\(entries.count) jobs may still run: `pawl run` finds them again")
      for id in entries.keys.sorted() { executor.listener.ended(id, nil) }
      entries = [:]
    }

    private func unstarted(_ request: AttemptRequest, _ outcome: Outcome, remark: String = "") -> AttemptResult {
      AttemptResult(
        id: request.id, outcome: outcome, measurement: nil, remark: remark.isEmpty ? nil : remark,
        usage: Usage(wallSeconds: 0, cpuSeconds: 0, peakMemory: Bytes(0), output: Bytes(0)), reportedMemory: nil,
        sandbox: .none, referee: executor.layer.configuration.refereeLevel, logTail: nil)
    }

    private mutating func say(_ text: String, once key: String) {
      if said.insert(key).inserted { executor.listener.note(text) }
    }
  }
}

extension SandboxLevel {
  fileprivate func isWeaker(than other: Self) -> Bool {
    let order = Self.allCases
    return (order.firstIndex(of: self) ?? 0) > (order.firstIndex(of: other) ?? 0)
  }
}
