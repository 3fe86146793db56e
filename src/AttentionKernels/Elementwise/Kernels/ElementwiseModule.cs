using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

/// <summary>Formulas over the elements of rows: what their kernels are generic over, once.</summary>
/// <typeparam name="TElement">How rows are stored; formulas compute in fp32.</typeparam>
/// <typeparam name="TFormula">The formula.</typeparam>
internal static partial class ElementwiseModule<TElement, TFormula>
    where TElement : unmanaged, IElement<TElement>
    where TFormula : struct, IFormula
{
    /// <summary>What the kernels take.</summary>
    internal struct ElementwiseArguments
    {
        [KernelInput]
        public ArrayView<TElement> X;

        /// <summary>The second operand; any memory where the formula has one operand.</summary>
        [KernelInput]
        public ArrayView<TElement> Y;
        public ArrayView<TElement> Output;

        /// <summary>Which row of X a row takes; empty where it is the row itself.</summary>
        [KernelInput]
        public ArrayView<int> Indices;
        public ElementwiseRows Rows;

        /// <summary>Whether all rows begin at multiples of four elements and have whole fours of them.</summary>
        public readonly bool AreRegular() => Rows.AreRegular() && X.IsAligned(4) && Y.IsAligned(4) && Output.IsAligned(4);

        /// <summary>Which row of X a row takes; −1 where there is none.</summary>
        public readonly long RowOfX(long row)
        {
            if (Indices.Length == 0)
                return row;
            int index = Indices[row];
            return (uint)index < (uint)Rows.TableRows ? index : -1;
        }
    }
    /// <summary>The Simt schedule of rows.</summary>
    /// <typeparam name="TAccess">How rows are accessed: four elements at once, or one by one.</typeparam>
    internal static partial class Simt<TAccess>
        where TAccess : struct, IRowAccess
    {
        /// <summary>How many tiles rows have: so many for each.</summary>
        public static long Tiles(in ElementwiseRows rows) => rows.Count * Places(rows);

        private static int Places(in ElementwiseRows rows) => rows.Columns / AccessedRow<TElement, TAccess>.Elements;
    }

    /// <summary>The Vector schedule.</summary>
    /// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
    /// <typeparam name="TStore">How results are stored.</typeparam>
    internal static partial class Vector<TVector, TStore>
        where TVector : struct, IVector<TVector>
        where TStore : struct, IStorePolicy
    {
    }
}
