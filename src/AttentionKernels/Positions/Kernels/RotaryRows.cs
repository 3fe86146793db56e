using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TElement, TPairs>
{
    /// <summary>The heads of a tensor that are rotated, and where the result goes.</summary>
    internal struct RotaryRows
    {
        [KernelInput]
        public ArrayView<TElement> Input;
        public ArrayView<TElement> Output;
        public long InputBatchStride;
        public long InputTokenStride;
        public long InputHeadStride;
        public long OutputBatchStride;
        public long OutputTokenStride;
        public long OutputHeadStride;

        /// <summary>Heads of a token.</summary>
        public int Heads;

        /// <summary>Whether all heads begin at multiples of four elements.</summary>
        public readonly bool AreAligned() =>
            InputBatchStride % 4 == 0 && InputTokenStride % 4 == 0 && InputHeadStride % 4 == 0 &&
            OutputBatchStride % 4 == 0 && OutputTokenStride % 4 == 0 && OutputHeadStride % 4 == 0 &&
            Input.IsAligned(4) && Output.IsAligned(4);

        /// <summary>Where a token begins in the input.</summary>
        public readonly long InputOffset(int batch, int token) => (batch * InputBatchStride) + (token * InputTokenStride);

        /// <summary>Where a token begins in the output.</summary>
        public readonly long OutputOffset(int batch, int token) => (batch * OutputBatchStride) + (token * OutputTokenStride);
    }
}
