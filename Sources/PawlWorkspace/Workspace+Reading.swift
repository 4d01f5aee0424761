import CCrypto
public import PawlCore

/// A file of a commit.
public struct TreeEntry: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case file, executable, link, submodule
  }
  /// Relative to the top folder; bytes that are not UTF-8 are replaced.
  public let path: String
  public let kind: Kind
  /// Of the content, or of a link's target; zero for a submodule.
  public let size: Bytes
  /// The hexadecimal name of the content's object; for a submodule the recorded commit.
  public let blob: String
}

extension Workspace {
  /// Returns every file of a commit, sorted by path as git does.
  public func files(at commit: CommitHash) throws(WorkspaceError) -> [TreeEntry] {
    let name = try name(of: commit)
    let listing = try program.run(["ls-tree", "-r", "-z", "-l", "--full-tree", name.hex])
    guard listing.code == 0 else {
      // Reading it says whether the commit is missing or something else is wrong.
      _ = try reader.commit(name)
      throw program.failure(of: ["ls-tree"], listing)
    }
    return listing.output.split(separator: 0).compactMap { line in
      guard let tab = line.firstIndex(of: 0x09) else { return nil }
      let words = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ")
      guard words.count == 4 else { return nil }
      let path = String(decoding: line[(tab + 1)...], as: UTF8.self)
      let kind: TreeEntry.Kind =
        switch words[0] {
        case "120000": .link
        case "160000": .submodule
        case "100755": .executable
        default: .file
        }
      return TreeEntry(path: path, kind: kind, size: Bytes(Int64(words[3]) ?? 0), blob: String(words[2]))
    }
  }

  /// Returns the content of a file (a link's target), or nil where the commit has none at that path.
  public func content(of path: String, at commit: CommitHash) throws(WorkspaceError) -> [UInt8]? {
    let root = try reader.rootTree(of: try name(of: commit))
    guard let item = try item(at: Self.components(path), in: root), !item.isFolder, !item.isSubmodule else {
      return nil
    }
    return try reader.blobs([item.object])[0]
  }

  /// Returns the texts of regular files; those that are missing or not UTF-8 are left out.
  public func texts(of paths: [String], at commit: CommitHash) throws(WorkspaceError) -> [String: String] {
    let root = try reader.rootTree(of: try name(of: commit))
    var found: [(path: String, object: ObjectName)] = []
    for path in paths {
      guard let item = try item(at: Self.components(path), in: root) else { continue }
      if !item.isFolder && !item.isSubmodule && !item.isLink { found.append((path, item.object)) }
    }
    var texts: [String: String] = [:]
    for (entry, bytes) in zip(found, try reader.blobs(found.map(\.object))) {
      if let text = String(validating: bytes, as: UTF8.self) { texts[entry.path] = text }
    }
    return texts
  }

  static func components(_ path: String) -> [[UInt8]] {
    path.utf8.split(separator: 0x2f, omittingEmptySubsequences: false).map { Array($0) }
  }

  func item(at components: [[UInt8]], in root: [TreeItem]) throws(WorkspaceError) -> TreeItem? {
    var items = root
    for (index, component) in components.enumerated() {
      guard let item = items.first(where: { $0.name == component }) else { return nil }
      if index == components.count - 1 { return item }
      guard item.isFolder else { return nil }
      items = try reader.tree(item.object)
    }
    return nil
  }

  /// Returns the SHA-256, in hexadecimal, over the sorted paths, modes and contents of the files for which `isFrozen` is true.
  ///
  /// Paths that are not UTF-8 always count, as no agent can edit them. A submodule counts by its recorded commit.
  public func digest(at commit: CommitHash, where isFrozen: (String) -> Bool) throws(WorkspaceError) -> String {
    let layout = try TreeWalk(reader).files(of: try reader.rootTree(of: try name(of: commit)))
    let chosen = layout.filter { String(validating: $0.path, as: UTF8.self).map(isFrozen) ?? true }
      .sorted { $0.path.lexicographicallyPrecedes($1.path) }
    guard let digest = SHA256() else { throw WorkspaceError(.gitFailed, "libcrypto offers no SHA-256") }
    for file in chosen {
      digest.add((file.path + [0] + file.item.mode + [0])[...])
      if file.item.isSubmodule {
        digest.add(file.item.object.raw[...])
      } else {
        // A digest cannot take back what was added, so a stream that had to begin again must fail.
        var begun = 0
        let begin: (Int) -> Void = { size in
          begun += 1
          digest.add(Array("\(size)\0".utf8)[...])
        }
        try reader.stream(file.item.object, begin: begin, piece: { digest.add($0) })
        guard begun == 1 else { throw WorkspaceError(.gitFailed, "`git cat-file` ended while frozen files were read") }
      }
    }
    return digest.finish()
  }

  /// Returns the change from one commit to another as a patch; the user's diff drivers and text converters are not run.
  public func diff(from: CommitHash, to: CommitHash, colour: Bool) throws(WorkspaceError) -> String {
    let (old, new) = (try name(of: from), try name(of: to))
    for commit in [old, new] { _ = try reader.commit(commit) }
    let form = ["-p", "-r", "-M", "--no-ext-diff", "--no-textconv", "--submodule=short"]
    let arguments = ["diff-tree"] + form + [colour ? "--color=always" : "--color=never", old.hex, new.hex, "--"]
    return try program.demand(arguments).text
  }

  /// Returns the first line of a commit's message.
  public func subject(of commit: CommitHash) throws(WorkspaceError) -> String {
    let bytes = try reader.commit(try name(of: commit))
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.isEmpty }.first { !$0.isEmpty }.map(String.init) ?? ""
  }
}

/// A running SHA-256 by libcrypto.
final class SHA256 {
  private let context: OpaquePointer
  init?() {
    guard let context = EVP_MD_CTX_new() else { return nil }
    self.context = context
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      return nil
    }
  }
  deinit { EVP_MD_CTX_free(context) }
  func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
  }
  func finish() -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &bytes, nil)
    return bytes.hexadecimal
  }
}
