import NN

/// A diffusers folder.
extension Transformer: FolderModel {
    /// diffusers' name.
    public static var weightsName: String { "diffusion_pytorch_model" }
}
/// A diffusers folder. Kernels are copied into the order that convolutions are fastest on.
extension VideoVAE: FolderModel {
    /// diffusers' name.
    public static var weightsName: String { "diffusion_pytorch_model" }
}
/// A transformers folder.
extension T5Encoder: FolderModel {
    /// transformers' name.
    public static var weightsName: String { "model" }
}
