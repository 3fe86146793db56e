using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// The online softmax of a warp's rows: Σ weight·value, Σ weight, and the maxima, negated and in units of the exponent, so that +∞ is
    /// no score yet; and what comes next.
    /// </summary>
    internal readonly struct TensorCoreState<TOutput, TSums>(TOutput output, TSums sums, TileRows maximum, int step, long values)
    {
        [RowsBelow(0)] public readonly TOutput Output = output;
        [RowsBelow(0)] public readonly TSums Sums = sums;
        public readonly TileRows Maximum = maximum;

        /// <summary>The steps that follow the next one; −1 behind the last.</summary>
        public readonly int Step = step;

        /// <summary>Where the next step's values lie: of a pitch the address of the thread's first 16 bytes, of pages the offset of the
        /// lane's row.</summary>
        public readonly long Values = values;
    }

    /// <summary>A thread's parts of the tiles in shared memory.</summary>
    internal readonly struct TensorCoreLane(
        SwizzledLane queries, SwizzledLane keys, SwizzledLane values, TileCopy keyCopy, TileCopy valueCopy)
    {
        public readonly SwizzledLane Queries = queries;
        public readonly SwizzledLane Keys = keys;
        public readonly SwizzledLane Values = values;
        public readonly TileCopy KeyCopy = keyCopy;
        public readonly TileCopy ValueCopy = valueCopy;
    }
}
