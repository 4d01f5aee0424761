/// Reads objects through one `git cat-file --batch` that is kept alive.
struct ObjectReader: Sendable {
  let program: GitProgram
  /// Bytes of an object's name: 20, or 32 in a SHA-256 repository.
  let nameLength: Int
  let process: GitProcess

  init(_ program: GitProgram, nameLength: Int) {
    self.program = program
    self.nameLength = nameLength
    process = GitProcess(program, ["cat-file", "--batch"])
  }

  /// The answer's first line: `<name> <type> <size>`, or `<request> missing`.
  private struct Header {
    let object: ObjectName
    let type: String
    let size: Int
    init?(_ line: String) {
      let words = line.split(separator: " ")
      guard words.count == 3, let object = ObjectName(hex: String(words[0])), let size = Int(words[2]), size >= 0
      else { return nil }
      self.object = object
      type = String(words[1])
      self.size = size
    }
  }

  /// Returns the content of each request (an object's name, or `<name>^{tree}`) that is of the type; nil for the others.
  func contents(_ requests: [String], type: String) throws(WorkspaceError) -> [[UInt8]?] {
    var contents: [[UInt8]?] = []
    var next = 0
    // In portions that fit into the pipe, so that neither side waits for the other to read.
    while next < requests.count {
      let portion = requests[next..<min(next + 64, requests.count)]
      contents += try process.exchange { (channel) throws(GitProcessDied) -> [[UInt8]?] in
        try channel.send(portion.map { $0 + "\n" }.joined())
        var answers: [[UInt8]?] = []
        for _ in portion {
          guard let header = Header(try channel.line()) else {
            answers.append(nil)
            continue
          }
          let bytes = try channel.bytes(header.size)
          guard try channel.bytes(1) == [0x0a] else { throw GitProcessDied() }
          answers.append(header.type == type ? bytes : nil)
        }
        return answers
      }
      next += portion.count
    }
    return contents
  }

  /// Passes a blob on in pieces; `begin` is called first, and again where the process had to be started anew.
  func stream(
    _ blob: ObjectName, begin: (Int) -> Void, piece: (ArraySlice<UInt8>) -> Void
  ) throws(WorkspaceError) {
    let found = try process.exchange { (channel) throws(GitProcessDied) -> Bool in
      try channel.send(blob.hex + "\n")
      guard let header = Header(try channel.line()) else { return false }
      begin(header.size)
      try channel.pieces(header.size, piece)
      guard try channel.bytes(1) == [0x0a] else { throw GitProcessDied() }
      return header.type == "blob"
    }
    guard found else { throw missing(blob) }
  }

  func blobs(_ names: [ObjectName]) throws(WorkspaceError) -> [[UInt8]] {
    let answers = try contents(names.map(\.hex), type: "blob")
    var blobs: [[UInt8]] = []
    for (name, answer) in zip(names, answers) {
      guard let answer else { throw missing(name) }
      blobs.append(answer)
    }
    return blobs
  }

  func tree(_ name: ObjectName) throws(WorkspaceError) -> [TreeItem] { try tree(name.hex, of: name) }

  /// Returns the top folder of a commit.
  func rootTree(of commit: ObjectName) throws(WorkspaceError) -> [TreeItem] {
    guard let bytes = try contents([commit.hex + "^{tree}"], type: "tree")[0] else { throw unknown(commit) }
    return try parsed(bytes, of: commit)
  }

  /// Returns the raw text of a commit, headers included.
  func commit(_ commit: ObjectName) throws(WorkspaceError) -> [UInt8] {
    guard let bytes = try contents([commit.hex], type: "commit")[0] else { throw unknown(commit) }
    return bytes
  }

  private func tree(_ request: String, of name: ObjectName) throws(WorkspaceError) -> [TreeItem] {
    guard let bytes = try contents([request], type: "tree")[0] else { throw missing(name) }
    return try parsed(bytes, of: name)
  }

  private func parsed(_ bytes: [UInt8], of name: ObjectName) throws(WorkspaceError) -> [TreeItem] {
    guard let items = TreeFormat.parse(bytes, nameLength: nameLength) else {
      throw WorkspaceError(
        .corruptObject, "the tree of `\(name.hex)` is damaged, or holds a name that cannot be a file's",
        hints: ["look at it with `git fsck`"])
    }
    return items
  }

  private func unknown(_ commit: ObjectName) -> WorkspaceError {
    WorkspaceError(.unknownCommit, "the repository at `\(program.root)` has no commit `\(commit.hex)`")
  }

  private func missing(_ name: ObjectName) -> WorkspaceError {
    WorkspaceError(
      .corruptObject, "the object `\(name.hex)` is missing from the repository at `\(program.root)`",
      hints: ["look at it with `git fsck`; in a partial clone, `git fetch --refetch` brings what is missing"])
  }
}
