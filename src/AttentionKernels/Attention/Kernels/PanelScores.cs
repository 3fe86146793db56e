using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The scores of a key tile for a panel in scratch memory, which panels use one after the other, and what goes with
    /// them.</summary>
    internal readonly struct PanelScores
    {
        /// <summary>Lays the scores of <paramref name="keys"/> keys at the start of scratch memory.</summary>
        public PanelScores(ArrayView<float> scratch, int keys)
        {
            Scores = scratch.SubView(0, keys * Panel);
            Factors = scratch.SubView(keys * Panel, Panel);
            FirstKeys = scratch.SubView((keys + 1) * Panel, Panel);
            EndKeys = scratch.SubView((keys + 2) * Panel, Panel);
            Masked = scratch.SubView((keys + 3) * Panel, keys * Panel);
        }

        /// <summary>Scores, then weights, [key][lane].</summary>
        public ArrayView<float> Scores { get; }

        /// <summary>For each lane the factor of what it has accumulated so far.</summary>
        public ArrayView<float> Factors { get; }

        /// <summary>For each lane the first key that it attends to.</summary>
        public ArrayView<float> FirstKeys { get; }

        /// <summary>For each lane one past the last key that it attends to.</summary>
        public ArrayView<float> EndKeys { get; }

        /// <summary>For each score 1 where it is masked, 0 otherwise: of the weights, which are 0 then, others may be too.</summary>
        public ArrayView<float> Masked { get; }

        /// <summary>Elements of scratch memory.</summary>
        public static int Length(int keys) => Panel * ((2 * keys) + 3);
    }
}
