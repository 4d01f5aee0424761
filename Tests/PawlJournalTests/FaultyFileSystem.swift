import CSQLite
import PawlCore

@testable import PawlJournal

/// A file system layer of SQLite that fails from a chosen operation on; for one test at a time.
///
/// It is the real one with the methods that change files replaced. Only the counted operations fail: writes, syncs, truncations
/// and removals.
enum FaultyFileSystem {
  static let name = "faulty"

  enum Mode: CaseIterable, Sendable {
    /// The process dies: half of the write is done, nothing after it.
    case kill
    /// The power goes: what was not synced is lost.
    case powerLoss
    /// The disk is full for that write and the next three.
    case full
  }

  struct Undo {
    let file: UnsafeMutablePointer<sqlite3_file>
    let offset: Int64
    let size: Int64
    let old: [UInt8]
  }

  struct State {
    var mode = Mode.kill
    /// The operation that fails, counted from 1.
    var limit = Int.max
    var operations = 0
    var undo: [Undo] = []
    var hasFailed: Bool { operations >= limit }
  }

  // One suite uses this, one test at a time; SQLite's callbacks carry no context of ours.
  nonisolated(unsafe) static var state = State()
  // SQLite's unix layer has one table of methods for databases and another for the files beside them: a copy of each, and ours.
  nonisolated(unsafe) private static let originals = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 2)
  nonisolated(unsafe) private static let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 2)
  nonisolated(unsafe) private static let layer: UnsafeMutablePointer<sqlite3_vfs>? = {
    guard let real = sqlite3_vfs_find("unix") else { return nil }
    let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    layer.initialize(to: real.pointee)
    let text = name.utf8CString
    let storage = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
    for (offset, character) in text.enumerated() { storage[offset] = character }
    layer.pointee.zName = UnsafePointer(storage)
    layer.pointee.pNext = nil
    layer.pointee.xOpen = { _, name, file, flags, outFlags in
      guard let real = sqlite3_vfs_find("unix"), let open = real.pointee.xOpen, let file else { return SQLITE_ERROR }
      let status = open(real, name, file, flags, outFlags)
      guard status == SQLITE_OK, let original = file.pointee.pMethods else { return status }
      let table = flags & SQLITE_OPEN_MAIN_DB != 0 ? 0 : 1
      originals[table] = original.pointee
      methods[table] = original.pointee
      methods[table].xWrite = FaultyFileSystem.write
      methods[table].xSync = FaultyFileSystem.sync
      methods[table].xTruncate = FaultyFileSystem.truncate
      methods[table].xClose = FaultyFileSystem.closeFile
      file.pointee.pMethods = UnsafePointer(methods + table)
      return status
    }
    layer.pointee.xDelete = { _, name, synchronous in
      if FaultyFileSystem.fails() { return FaultyFileSystem.failure }
      guard let real = sqlite3_vfs_find("unix"), let delete = real.pointee.xDelete else { return SQLITE_ERROR }
      return delete(real, name, synchronous)
    }
    sqlite3_vfs_register(layer, 0)
    return layer
  }()

  static func prepare(_ mode: Mode, limit: Int) -> Bool {
    state = State()
    state.mode = mode
    state.limit = limit
    return layer != nil
  }

  private static func original(_ file: UnsafeMutablePointer<sqlite3_file>) -> sqlite3_io_methods {
    file.pointee.pMethods == UnsafePointer(methods) ? originals[0] : originals[1]
  }

  private static var failure: Int32 { state.mode == .full ? SQLITE_FULL : SQLITE_IOERR }

  /// Counts an operation and returns whether it fails.
  private static func fails() -> Bool {
    state.operations += 1
    if state.mode == .powerLoss, state.operations == state.limit { loseUnsynced() }
    return state.hasFailed && (state.mode != .full || state.operations < state.limit + 4)
  }

  private static func loseUnsynced() {
    for undo in state.undo.reversed() {
      if !undo.old.isEmpty { _ = original(undo.file).xWrite?(undo.file, undo.old, Int32(undo.old.count), undo.offset) }
      _ = original(undo.file).xTruncate?(undo.file, undo.size)
    }
    state.undo = []
  }

  private static func remember(_ file: UnsafeMutablePointer<sqlite3_file>, from offset: Int64, count: Int64) {
    guard state.mode == .powerLoss else { return }
    var size: Int64 = 0
    _ = original(file).xFileSize?(file, &size)
    var old = [UInt8](repeating: 0, count: Int(max(0, min(count, size - offset))))
    if !old.isEmpty { _ = original(file).xRead?(file, &old, Int32(old.count), offset) }
    state.undo.append(Undo(file: file, offset: offset, size: size, old: old))
  }

  private static let write:
    @convention(c) (UnsafeMutablePointer<sqlite3_file>?, UnsafeRawPointer?, Int32, Int64) -> Int32 =
      { file, bytes, count, offset in
        guard let file else { return SQLITE_ERROR }
        let wasWhole = !state.hasFailed
        if fails() {
          if wasWhole, state.mode == .kill { _ = original(file).xWrite?(file, bytes, count / 2, offset) }
          return failure
        }
        remember(file, from: offset, count: Int64(count))
        return original(file).xWrite?(file, bytes, count, offset) ?? SQLITE_ERROR
      }
  private static let sync: @convention(c) (UnsafeMutablePointer<sqlite3_file>?, Int32) -> Int32 = { file, flags in
    guard let file else { return SQLITE_ERROR }
    // A full disk does not fail a sync here: space was taken at the write.
    if state.mode != .full, fails() { return failure }
    state.undo.removeAll { $0.file == file }
    return original(file).xSync?(file, flags) ?? SQLITE_ERROR
  }
  private static let truncate: @convention(c) (UnsafeMutablePointer<sqlite3_file>?, Int64) -> Int32 = { file, size in
    guard let file else { return SQLITE_ERROR }
    if fails() { return failure }
    remember(file, from: size, count: .max - size)
    return original(file).xTruncate?(file, size) ?? SQLITE_ERROR
  }
  private static let closeFile: @convention(c) (UnsafeMutablePointer<sqlite3_file>?) -> Int32 = { file in
    guard let file else { return SQLITE_ERROR }
    state.undo.removeAll { $0.file == file }
    return original(file).xClose?(file) ?? SQLITE_ERROR
  }
}
