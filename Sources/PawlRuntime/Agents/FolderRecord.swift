import CPawlSystem
import Foundation

/// What a folder held at a moment, by its paths: enough to know later what was touched since.
///
/// The change time counts: whoever lives in the folder can set a file's modification time back, and never that (inode(7)).
struct FolderRecord {
  struct Item: Equatable {
    enum Kind { case file, link, other }
    let kind: Kind
    let size: Int64
    fileprivate var number: UInt64?
    private let changed: [Int]

    init(_ status: stat) {
      kind =
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFLNK: .link
        default: .other
        }
      size = Int64(status.st_size)
      number = UInt64(status.st_ino)
      #if canImport(Glibc)
        changed = [status.st_ctim.tv_sec, Int(status.st_ctim.tv_nsec)]
      #else
        changed = [status.st_ctimespec.tv_sec, status.st_ctimespec.tv_nsec]
      #endif
    }
  }

  /// Everything but folders; paths that are no UTF-8 stand under their repaired names.
  private(set) var items: [String: Item] = [:]
  /// Whether there was more than is looked at.
  private(set) var isCut = false

  /// Names that are looked at, and the depth of folders: beyond is no honest work.
  private static let nameLimit = 100_000
  private static let depthLimit = 64

  /// - Parameter leavingOut: a folder at the top that is not looked into.
  init(of folder: String, leavingOut: String) {
    let top = pawl_open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard top >= 0 else {
      isCut = true
      return
    }
    var names = 0
    visit(top, prefix: "", depth: 0, leavingOut: leavingOut, &names)
  }

  /// Makes the files at these paths differ from whatever a later record says.
  mutating func forget(_ paths: [String]) { for path in paths { items[path]?.number = nil } }

  /// Closes the descriptor.
  private mutating func visit(_ folder: Int32, prefix: String, depth: Int, leavingOut: String?, _ names: inout Int) {
    guard let stream = fdopendir(folder) else {
      close(folder)
      isCut = true
      return
    }
    defer { closedir(stream) }
    while !isCut, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
      let text = String(decoding: name, as: UTF8.self)
      if text == "." || text == ".." || text == leavingOut { continue }
      names += 1
      guard names <= Self.nameLimit else { return isCut = true }
      var status = stat()
      let raw = name.map { CChar(bitPattern: $0) } + [0]
      guard fstatat(folder, raw, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let path = prefix + text
      guard status.st_mode & S_IFMT == S_IFDIR else {
        items[path] = Item(status)
        continue
      }
      guard depth < Self.depthLimit else { return isCut = true }
      let inner = pawl_openat(folder, raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
      if inner >= 0 { visit(inner, prefix: path + "/", depth: depth + 1, leavingOut: nil, &names) }
    }
  }
}
