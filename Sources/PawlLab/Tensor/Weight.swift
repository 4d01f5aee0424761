internal import CPawlKernels
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What lasts of a weight: its values, a gradient for each thread, and how products want it packed.
final class Weight: @unchecked Sendable {
  // Safe to share between the threads of a crew: a thread adds to its own gradient only, and a pack is made under `lock`.
  let rows: Int
  let columns: Int
  let values: Floats
  let gradients: [Floats]
  /// What optimisers multiply the gradient by.
  var gradientScale: Float = 1
  /// Whether an optimiser has cleared the gradient since something was added to it.
  private(set) var isClear = true
  private let packs: [Pack]
  private var version = 1
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  /// The weight as a right factor, for one orientation and precision; made when it is first asked for.
  private final class Pack {
    var memory: UnsafeMutableRawPointer?
    let version = Atomic<Int>(0)
  }

  init(rows: Int, columns: Int, threads: Int) {
    (self.rows, self.columns) = (rows, columns)
    values = allocateZeros(rows * columns)
    gradients = (0..<threads).map { _ in allocateZeros(rows * columns) }
    packs = (0..<4).map { _ in Pack() }
    pthread_mutex_init(lock, nil)
  }

  deinit {
    free(values)
    for gradient in gradients { free(gradient) }
    for pack in packs { free(pack.memory) }
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  var count: Int { rows * columns }

  /// To be called when the values have changed, by one thread while no other computes.
  func touch() { version += 1 }

  /// Clears the gradient of a weight that no optimiser has moved, so that it does not grow from step to step.
  func clearGradient() {
    if !isClear { gradients[0].update(repeating: 0, count: count) }
    isClear = true
  }

  /// To be called when gradients have flowed.
  func takeNoteOfGradient() { isClear = false }

  /// To be called when an optimiser has moved the values and cleared the gradient.
  func finishUpdate() {
    isClear = true
    gradientScale = 1
    touch()
  }

  /// Returns the weight packed as the right factor of a product, as it is or transposed.
  func packed(transposed: Bool, _ kernels: Kernels) -> UnsafeRawPointer {
    let pack = packs[(transposed ? 1 : 0) + (kernels.precision == .bfloat16 ? 2 : 0)]
    if pack.version.load(ordering: .acquiring) != version {
      pthread_mutex_lock(lock)
      if pack.version.load(ordering: .acquiring) != version { refresh(pack, transposed, kernels) }
      pthread_mutex_unlock(lock)
    }
    guard let memory = pack.memory else { refuse("no pack of a weight") }
    return UnsafeRawPointer(memory)
  }

  /// Packs again what has been asked for before, so that no thread has to wait for another one.
  func refreshPacks(_ kernels: Kernels) {
    for (index, pack) in packs.enumerated() where pack.memory != nil {
      let precision: Precision = index & 2 == 0 ? .float32 : .bfloat16
      if precision == kernels.precision { _ = packed(transposed: index & 1 == 1, kernels) }
    }
  }

  private func refresh(_ pack: Pack, _ transposed: Bool, _ kernels: Kernels) {
    let (inner, outer) = transposed ? (columns, rows) : (rows, columns)
    let memory =
      pack.memory ?? UnsafeMutableRawPointer(allocateFloats((kernels.products.packed_bytes(inner, outer) + 3) / 4))
    pack.memory = memory
    kernels.products.pack_right(values, columns, transposed ? 1 : 0, inner, outer, memory)
    pack.version.store(version, ordering: .releasing)
  }
}
