#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Workspace {
  /// Returns those of the paths that git ignores in the user's working tree, tracked or not (git-check-ignore(1)).
  ///
  /// Paths are relative to the repository's top folder. Errors: `gitFailed`, for a path inside of a submodule, say.
  public func ignored(among paths: [String]) throws(WorkspaceError) -> Set<String> {
    guard !paths.isEmpty else { return [] }
    let list = try Descriptor.anonymousFile()
    var bytes: [UInt8] = []
    // With its dot no path is read as magic.
    for path in paths { bytes += Array("./\(path)".utf8) + [0] }
    guard FilePath.writeAll(bytes[...], to: list.number) == 0, lseek(list.number, 0, SEEK_SET) == 0 else {
      throw .system("the list of paths could not be written")
    }
    // It takes no literal paths, and finds no other meaning in a path's stars (git-check-ignore(1)).
    let question = ["--no-literal-pathspecs", "check-ignore", "-z", "--no-index", "--stdin"]
    let found = try program.run(question, input: list)
    // 1: none of them is ignored.
    guard found.code == 0 || found.code == 1 else { throw program.failure(of: question, found) }
    return Set(found.output.split(separator: 0).map { String(decoding: $0.dropFirst(2), as: UTF8.self) })
  }
}
