#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A baseline's regular files, laid down once in a folder that attempts never see, and copied from there for each of them.
final class Pristine: Sendable {
  struct File: Sendable {
    let path: [UInt8]
    let executable: Bool
    /// As it was when it was laid down; a file that was tampered with differs, as nobody can set a change time.
    let mark: Mark
  }
  struct Mark: Equatable, Sendable {
    let inode: UInt64
    let size: Int64
    let seconds: Int64
    let nanoseconds: Int64
    init(_ status: stat) {
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      #if canImport(Glibc)
        let changed = status.st_ctim
      #else
        let changed = status.st_ctimespec
      #endif
      seconds = Int64(changed.tv_sec)
      nanoseconds = Int64(changed.tv_nsec)
    }
  }

  let folder: FolderBuilder.Root
  /// The baseline's top folder in git.
  let items: [TreeItem]
  let files: [File]
  /// Targets of symbolic links by their paths.
  let links: [[UInt8]: [UInt8]]
  let submodules: Set<[UInt8]>

  /// Lays the files of a commit down in `path`, which must not exist; submodules come from where the user has them checked out.
  init(reader: ObjectReader, commit: ObjectName, path: String) throws(WorkspaceError) {
    folder = FolderBuilder.Root(path)
    items = try reader.rootTree(of: commit)
    var gathering = Gathering()
    try gathering.add(items, reader: reader, prefix: [], depth: 0)
    try FilePath.makeFolder(path)
    var builder = FolderBuilder(folder)
    var files: [File] = []
    var links: [[UInt8]: [UInt8]] = [:]
    for entry in gathering.files {
      if entry.item.isLink {
        links[entry.path] = try entry.reader.blobs([entry.item.object])[0]
      } else {
        let status = try builder.make(
          entry.path, executable: entry.item.isExecutable, blob: entry.item.object, entry.reader)
        files.append(File(path: entry.path, executable: entry.item.isExecutable, mark: Mark(status)))
      }
    }
    self.files = files
    self.links = links
    submodules = gathering.submodules
    folders = gathering.submodules.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Folders that are there even when they are empty.
  let folders: [[UInt8]]

  /// Whether every file is still as it was laid down.
  var isIntact: Bool {
    var path = folder.scratch
    for file in files {
      var status = stat()
      let found = folder.withPath(file.path, &path) { lstat($0, &status) }
      guard found == 0, Mark(status) == file.mark else { return false }
    }
    return true
  }
}

/// The files of a commit and of its submodules.
private struct Gathering {
  struct Entry {
    let path: [UInt8]
    let item: TreeItem
    let reader: ObjectReader
  }
  var files: [Entry] = []
  var submodules: Set<[UInt8]> = []

  mutating func add(
    _ items: [TreeItem], reader: ObjectReader, prefix: [UInt8], depth: Int
  ) throws(WorkspaceError) {
    for file in try TreeWalk(reader).files(of: items) {
      let path = prefix + file.path
      guard file.item.isSubmodule else {
        files.append(Entry(path: path, item: file.item, reader: reader))
        continue
      }
      submodules.insert(path)
      let inner = try submodule(file, of: reader, shown: path.shown, depth: depth)
      try add(inner.items, reader: inner.reader, prefix: path + [0x2f], depth: depth + 1)
    }
  }

  private func submodule(
    _ file: TreeFile, of reader: ObjectReader, shown: String, depth: Int
  ) throws(WorkspaceError) -> (items: [TreeItem], reader: ObjectReader) {
    let missing = WorkspaceError(
      .submoduleUnavailable,
      "the submodule `\(shown)` is not checked out at its recorded commit `\(file.item.object.hex.prefix(7))`",
      hints: ["get it with `git submodule update --init --recursive`"])
    let place = "\(reader.program.root)/\(file.path.shown)"
    // Without a `.git` of its own, git would find the repository around it.
    guard depth < 16, FilePath.exists(place + "/.git") else { throw missing }
    let inner = ObjectReader(GitProgram(root: place), nameLength: file.item.object.raw.count)
    do throws(WorkspaceError) {
      return (try inner.rootTree(of: file.item.object), inner)
    } catch {
      throw error.code == .unknownCommit ? missing : error
    }
  }
}

/// The pristine copies that this process made, in `.pawl/cache/<its own folder>`.
///
/// `@unchecked Sendable`: everything mutable is touched only under `lock`.
final class PristineStore: @unchecked Sendable {
  private let root: String
  private let lock = Lock()
  private var claim: (folder: String, held: Descriptor)?
  private var pristines: [ObjectName: Pristine] = [:]
  private var made = 0

  init(root: String) { self.root = root }

  deinit {
    if let claim { try? Removal(root: root).remove(claim.folder) }
  }

  /// Returns the baseline's pristine copy; one that was tampered with is made anew.
  func pristine(of baseline: ObjectName, reader: ObjectReader) throws(WorkspaceError) -> Pristine {
    lock.lock()
    defer { lock.unlock() }
    if let present = pristines[baseline], present.isIntact { return present }
    let folder = try claimed()
    made += 1
    let pristine = try Pristine(reader: reader, commit: baseline, path: "\(folder)/\(made)")
    pristines[baseline] = pristine
    return pristine
  }

  /// Returns this process's own folder; folders of processes that ended are removed on the way.
  private func claimed() throws(WorkspaceError) -> String {
    if let claim { return claim.folder }
    try PawlFolder.prepare(root: root)
    let cache = PawlFolder.path(root) + "/cache"
    try FilePath.makeFolder(cache)
    // One process at a time, so that nobody takes a folder for dead between its making and its locking.
    let gate = try Descriptor.open(cache + "/lock", O_RDWR | O_CREAT, mode: 0o666)
    while flock(gate.number, LOCK_EX) != 0 {
      guard errno == EINTR else { throw .system("`\(cache)/lock` could not be locked") }
    }
    // A child between fork(2) and execve(2) has the descriptor too, so closing it is not enough.
    defer { _ = flock(gate.number, LOCK_UN) }
    for name in try FilePath.names(in: cache) where name != "lock" { sweep("\(cache)/\(name)") }
    var number = 0
    while mkdir("\(cache)/\(getpid())-\(number)", 0o777) != 0 {
      guard errno == EEXIST else { throw .system("a folder in `\(cache)` could not be made") }
      number += 1
    }
    let folder = "\(cache)/\(getpid())-\(number)"
    let held = try Descriptor.open(folder + "/lock", O_RDWR | O_CREAT, mode: 0o666)
    guard flock(held.number, LOCK_EX | LOCK_NB) == 0 else { throw .system("`\(folder)/lock` could not be locked") }
    claim = (folder, held)
    return folder
  }

  private func sweep(_ folder: String) {
    if let held = try? Descriptor.open(folder + "/lock", O_RDWR), flock(held.number, LOCK_EX | LOCK_NB) != 0 { return }
    // What cannot be removed is only disk space.
    try? Removal(root: root).remove(folder)
  }
}
