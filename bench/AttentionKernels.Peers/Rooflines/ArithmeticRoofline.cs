using AttentionKernels.Peers.Operations;
using AttentionKernels.Peers.Peers;
using AttentionKernels.Problems;

namespace AttentionKernels.Peers.Rooflines;

/// <summary>
/// How fast arithmetic is: as many floating-point operations as an operation's in a product of matrices, by TorchSharp, or by ONNX Runtime
/// where TorchSharp does not load.
/// </summary>
internal sealed class ArithmeticRoofline(IInputs inputs, TorchPeer torch, OnnxPeer onnx) : IPeer
{
    private const int Size = 2048;

    /// <inheritdoc/>
    public string Name => "roofline";

    /// <inheritdoc/>
    public string? Unavailable => torch.Unavailable is null ? null : onnx.Unavailable;

    /// <inheritdoc/>
    public IEnumerable<Way> Ways(IOperation operation)
    {
        if (operation.FloatingPointOperations is not { } wanted)
            return [];
        bool byTorch = torch.Unavailable is null;
        return
        [
            new($"sgemm {Size}³ by {(byTorch ? torch : (IPeer)onnx).Name}", () =>
            {
                float[] elements = inputs.Take(Content.Stream, Size * Size);
                return byTorch ? TorchPeer.MatrixProduct(Size, elements) : onnx.MatrixProduct(Size, elements);
            }, Scale: wanted / (2.0 * Size * Size * Size)),
        ];
    }
}
