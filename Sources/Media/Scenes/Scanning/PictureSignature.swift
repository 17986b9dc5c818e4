import CMedia

/// What is kept of a picture to score another one against it.
///
/// `@unchecked Sendable`: C only reads it once it is made.
final class PictureSignature: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Owns the signature.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { cm_signature_free(pointer) }
}
