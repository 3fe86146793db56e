using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

/// <summary>The kernels of a linear layer: what they are generic over, once.</summary>
/// <typeparam name="TActivation">How input and output are stored. Biases and sums are fp32.</typeparam>
/// <typeparam name="TWeight">How the weight is stored.</typeparam>
internal static partial class LinearModule<TActivation, TWeight>
    where TActivation : unmanaged, IElement<TActivation>
    where TWeight : unmanaged, IElement<TWeight>
{
    /// <summary>What the kernels take; everything is dense.</summary>
    internal struct LinearArguments
    {
        /// <summary>[tokens, columns].</summary>
        [KernelInput]
        public ArrayView<TActivation> Input;

        /// <summary>[rows, columns].</summary>
        [KernelInput]
        public ArrayView<TWeight> Weight;

        /// <summary>[rows]; empty where there is none.</summary>
        [KernelInput]
        public ArrayView<float> Bias;

        /// <summary>[tokens, rows].</summary>
        public ArrayView<TActivation> Output;
        public LinearSizes Sizes;

        /// <summary>An element of the output: the sum of a row's products, and the row's bias, if any; rounded once.</summary>
        public readonly TActivation Result(float sum, int row) => TActivation.Narrow(Bias.Length > 0 ? sum + Bias[row] : sum);

        /// <summary>Whether input and weight have whole fours of columns and begin at multiples of four numbers.</summary>
        public readonly bool AreRegular() => Sizes.HaveWholeFours() && Input.IsAligned(4) && Weight.IsAligned(4);
    }

    /// <summary>The Simt schedule, and how it loads the rows of both matrices.</summary>
    /// <typeparam name="TAccess">How rows are accessed: four columns at once, or one by one.</typeparam>
    internal static partial class Simt<TAccess>
        where TAccess : struct, IRowAccess
    {
        // Slices of a row, of which there is one at least.
        private static int SlicesOf(int columns) => ((columns - 1) / LinearTileSizes.SliceColumns) + 1;

        private static LinearModule<TActivation, TActivation>.Simt<TAccess>.MatrixRow Token(
            LinearArguments arguments, LinearTile tile, int place) =>
            new(arguments.Input, tile.Token(place), arguments.Sizes.Columns);

        private static MatrixRow Row(LinearArguments arguments, LinearTile tile, int place) =>
            new(arguments.Weight, tile.Row(place), arguments.Sizes.Columns);

        /// <summary>A row of a matrix, four neighbouring columns at a time.</summary>
        internal readonly struct MatrixRow
        {
            private readonly ArrayView<Four<TWeight>> _fours;
            private readonly ArrayView<TWeight> _numbers;
            private readonly int _columns;

            // Compilers see a matrix's beginning to be aligned, but not that of a row.
            public MatrixRow(ArrayView<TWeight> matrix, int row, int columns)
            {
                _fours = matrix.Cast<Four<TWeight>>().SubView((long)row * (columns >> 2));
                _numbers = matrix.SubView((long)row * columns);
                _columns = columns;
            }

            /// <summary>Four columns from a multiple of four on, of which the first is there; 0 behind the last one.</summary>
            public RegisterRow Load(int column)
            {
                if (TAccess.IsRegular)
                    return StoredRow<TWeight>.Widen(_fours[column >> 2]);
                return new RegisterRow(
                    TWeight.Widen(_numbers[column]), Number(column + 1), Number(column + 2), Number(column + 3));
            }

            private float Number(int column) => column < _columns ? TWeight.Widen(_numbers[column]) : 0f;
        }
    }
}
