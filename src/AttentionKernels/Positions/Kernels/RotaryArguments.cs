using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TPairs, TPositions>
{
    /// <summary>What the rotary kernels take.</summary>
    internal struct RotaryArguments
    {
        [KernelInput]
        public ArrayView<float> Input;
        public ArrayView<float> Output;
        [KernelInput]
        public ArrayView<float> Cosine;
        [KernelInput]
        public ArrayView<float> Sine;
        [KernelInput]
        public TPositions Positions;
        public long InputBatchStride;
        public long InputTokenStride;
        public long InputHeadStride;
        public long OutputBatchStride;
        public long OutputTokenStride;
        public long OutputHeadStride;
        public int Tokens;
        public int Heads;
        public int HeadDimension;
        public int RotaryDimension;

        /// <summary>Positions in the table.</summary>
        public int TablePositions;
    }
}
