import Glibc
import PawlCore
import Testing

@testable import PawlJournal

@Suite struct SharingTests {
  @Test func `a second writer is told who the first is`() throws {
    let folder = try StudyFolder()
    #expect(Journal.holder(in: folder.path) == nil)
    let journal = try Journal.create(in: folder.path)
    let holder = try #require(Journal.holder(in: folder.path))
    #expect(holder.pid == getpid() && !holder.host.isEmpty && holder.since.milliseconds > 1_600_000_000_000)
    do {
      _ = try Journal.open(in: folder.path)
      Issue.record("two writers")
    } catch {
      #expect(error.code == .locked)
      #expect(error.message.contains("process \(getpid()) on `\(holder.host)` since \(holder.since.utc)"))
    }
    #expect(code { _ = try Journal.create(in: folder.path) } == .locked)
    journal.close()
    #expect(Journal.holder(in: folder.path) == nil)
    #expect(code { _ = try Journal.create(in: folder.path) } == .alreadyExists)
    try Journal.open(in: folder.path).close()
  }

  @Test func `a lock file with nonsense in it does no harm`() throws {
    let folder = try StudyFolder()
    try Journal.create(in: folder.path).close()
    for text in ["", "nonsense", #"{"pid":1e99}"#, #"{"host":"h","pid":1,"since":9223372036854775807,"sequence":-5}"#] {
      try writeBytes(Array(text.utf8), to: folder.path + "/lock")
      #expect(Journal.holder(in: folder.path) == nil)
      let journal = try Journal.open(in: folder.path)
      #expect(Journal.holder(in: folder.path)?.pid == getpid())
      journal.close()
    }
    #expect(Timestamp(milliseconds: .max).utc == "9999-12-31 23:59:59 UTC")
    #expect(Timestamp(milliseconds: .min).utc == "1970-01-01 00:00:00 UTC")
    #expect(Timestamp(milliseconds: 1_709_210_096_789).utc == "2024-02-29 12:34:56 UTC")
  }

  @Test func `what a killed writer had just forked is waited for, and a living writer is not`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let host = try #require(Journal.holder(in: folder.path)).host
    journal.close()
    // No process has the largest number there is (proc_sys_kernel(5), pid_max).
    for (holder, isGone) in [(Int32.max, true), (getpid(), false)] {
      let text = #"{"pid":\#(holder),"host":"\#(host)","since":0}"#
      try writeBytes(Array(text.utf8), to: folder.path + "/lock")
      let tries = Locked(0)
      let busyForHundredTries: LockFile.Flock = { descriptor, operation in
        let number = tries.withLock { tries in
          tries += 1
          return tries
        }
        guard number <= 100 else { return LockFile.systemFlock(descriptor, operation) }
        errno = EWOULDBLOCK
        return -1
      }
      if isGone {
        _ = try LockFile(folder: folder.path, flock: busyForHundredTries)
      } else {
        #expect(code { _ = try LockFile(folder: folder.path, flock: busyForHundredTries) } == .locked)
      }
    }
  }

  @Test func `the lock is free as soon as the journal is closed, whoever inherited its descriptor`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    // What a child has between fork(2) and execve(2): a copy of each descriptor.
    let copies = try lockDescriptors(folder).map { dup($0) }
    defer { for copy in copies { close(copy) } }
    try #require(!copies.isEmpty)
    journal.close()
    #expect(Journal.holder(in: folder.path) == nil)
    try Journal.open(in: folder.path).close()
  }

  /// This process's descriptors of a study's lock file.
  private func lockDescriptors(_ folder: StudyFolder) throws -> [Int32] {
    let path = try #require(realpath(folder.path + "/lock", nil))
    defer { free(path) }
    return (0..<1024).filter { number in
      var target = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(number)", &target, target.count - 1)
      return count > 0 && strncmp(target, path, 4096) == 0
    }
  }

  @Test func `a file system that cannot lock is refused`() throws {
    let folder = try StudyFolder()
    let refusing: LockFile.Flock = { _, _ in
      errno = ENOLCK
      return -1
    }
    #expect(code { _ = try LockFile(folder: folder.path, flock: refusing) } == .lockingUnsupported)
  }

  @Test func `a reader sees what a writer appends, before, while and after it is open`() throws {
    let folder = try StudyFolder()
    try Journal.create(in: folder.path).close()
    let reader = try Journal.read(in: folder.path)
    func count() throws -> Int { try reader.events(after: 0, limit: 1000).count }
    #expect(try count() == 0)
    let first = try Journal.open(in: folder.path)
    for number in 1...5 {
      _ = try first.append([.paused(by: "\(number)")], at: at(0))
      #expect(try count() == number)
    }
    first.close()
    #expect(try count() == 5)
    let second = try Journal.open(in: folder.path)
    _ = try second.append([.paused(by: "6")], at: at(0))
    #expect(try count() == 6)
    second.close()
    #expect(try count() == 6)
  }

  @Test func `readers on threads of their own see whole transactions beside a busy writer`() async throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append([.studyStarted(try start())], at: at(0))
    let path = folder.path
    let thread = Thread {
      guard let reader = try? Journal.read(in: path) else { return "cannot read" }
      var seen: Int64 = 0
      while seen < 601 {
        do {
          let overview = try reader.overview()
          if overview.lastSequence < seen { return "went back" }
          if overview.lastSequence % 3 != 1 { return "half a transaction" }
          if overview.trialsEnded != Int(overview.lastSequence / 3) { return "counters of another moment" }
          seen = overview.lastSequence
          if try reader.events(after: seen - 1, limit: 1).count != 1 { return "the last event is missing" }
        } catch { return "\(error)" }
      }
      return "done"
    }
    for number in 1...200 {
      let trial = TrialID(rawValue: number)
      let asked = ProposalRequest(
        trial: trial, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: UInt64(number))
      _ = try journal.append(
        [.proposalRequested(asked), .proposalFailed(trial, reason: "no"), .paused(by: "x")], at: at(Int64(number)))
    }
    #expect(thread.join() == "done")
    journal.close()
  }

  @Test func `a reader creates and changes nothing`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(try everyKind(), at: at(0))
    journal.close()
    unlink(folder.path + "/lock")
    chmod(folder.path, 0o555)
    defer { chmod(folder.path, 0o755) }
    let before = (folder.names, try folder.bytes())
    let reader = try Journal.read(in: folder.path)
    #expect(try reader.overview().trialsEnded == 4)
    #expect(try reader.trials(TrialFilter(limit: 30)).count == 5)
    #expect(Journal.holder(in: folder.path) == nil)
    #expect(folder.names == before.0 && folder.names == ["journal.sqlite"])
    #expect(try folder.bytes() == before.1)
  }

  @Test func `what is not there or is no journal is told as such`() throws {
    let folder = try StudyFolder()
    #expect(code { _ = try Journal.open(in: folder.path) } == .noJournal)
    #expect(code { _ = try Journal.read(in: folder.path) } == .noJournal)
    #expect(code { _ = try Journal.create(in: folder.path + "/nowhere") } == .noJournal)
    #expect(folder.names.isEmpty)
    try folder.replace(with: Array(repeating: 0x41, count: 5000))
    #expect(code { _ = try Journal.open(in: folder.path) } == .notADatabase)
    #expect(code { _ = try Journal.read(in: folder.path) } == .notADatabase)
    try folder.replace(with: [])
    #expect(code { _ = try Journal.open(in: folder.path) } == .cutShort)
    #expect(code { _ = try Journal.read(in: folder.path) } == .cutShort)
    unlink(folder.journal)
    mkdir(folder.journal, 0o755)
    #expect(code { _ = try Journal.open(in: folder.path) } == .ioFailed)
    #expect(code { _ = try Journal.read(in: folder.path) } == .ioFailed)
    rmdir(folder.journal)
  }

  @Test(.enabled(if: access("/sys", F_OK) == 0)) func `a folder that cannot be written is told as such`() {
    #expect(code { _ = try Journal.create(in: "/sys") } == .readOnly)
  }

  @Test func `system errors have codes of their own`() {
    #expect(JournalError.system("write", "x", errno: ENOSPC).code == .diskFull)
    #expect(JournalError.system("write", "x", errno: EROFS).code == .readOnly)
    #expect(JournalError.system("write", "x", errno: EIO).code == .ioFailed)
    #expect(JournalError.Code.cutShort.description == "cutShort")
  }
}

/// A thread with a result; blocking calls do not belong on the threads of Swift tasks.
final class Thread {
  private final class Work: Sendable {
    let body: @Sendable () -> String
    let result = Locked("")
    init(_ body: @escaping @Sendable () -> String) { self.body = body }
  }
  private let work: Work
  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () -> String) {
    work = Work(body)
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        let result = work.body()
        work.result.withLock { $0 = result }
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
  }

  func join() -> String {
    pthread_join(thread, nil)
    return work.result.withLock { $0 }
  }
}
