using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Positions.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Positions;

/// <summary>Heads [batch, tokens, heads, headDim] that are rotated, as they are handed to the kernels of any format.</summary>
/// <param name="Shape">Their shape.</param>
/// <param name="Input">The input.</param>
/// <param name="InputStrides">Its strides.</param>
/// <param name="Output">The output.</param>
/// <param name="OutputStrides">Its strides.</param>
internal readonly record struct RotatedHeads(
    TensorShape Shape, ArrayView<byte> Input, TensorShape InputStrides, ArrayView<byte> Output, TensorShape OutputStrides);

/// <summary>A call of rotary embedding; all is checked.</summary>
/// <param name="Query">The heads.</param>
/// <param name="Key">Further heads of the same tokens.</param>
/// <param name="Table">The angles.</param>
/// <param name="Positions">The tokens' positions.</param>
internal readonly record struct RotaryCall(RotatedHeads Query, RotatedHeads? Key, RotaryTable Table, TokenPositions Positions);

/// <summary>Rotary embedding of a format and a style.</summary>
internal abstract class Rotations
{
    private static readonly FormatTable<Rotations> _closed = new(Enum.GetValues<RotaryStyle>().Length);

    /// <summary>Closes the types of the kernels, once.</summary>
    public static Rotations Of(NumberFormat format, RotaryStyle style) => _closed[format, (int)style] ??= ClosedTypes.Create<Rotations>(
        typeof(RotaryModule<,>.RotarySet),
        [format.Type, style == RotaryStyle.HalfSplit ? typeof(HalfSplitPairs) : typeof(InterleavedPairs)]);

    /// <summary>Compiles what rotations of at most such a size take.</summary>
    public abstract void Load(AttentionDevice device, RotarySize size);

    /// <summary>Queues the kernel of the device.</summary>
    public abstract void Run(AttentionDevice device, AcceleratorStream stream, in RotaryCall call);
}
