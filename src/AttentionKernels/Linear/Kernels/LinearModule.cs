using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

/// <summary>The kernels of a linear layer, Simt schedule, and how they load the rows of both matrices.</summary>
/// <typeparam name="TAccess">How rows are accessed: four columns at once, or one by one.</typeparam>
internal static partial class LinearModule<TAccess>
    where TAccess : struct, IRowAccess
{
    // Slices of a row, of which there is one at least.
    private static int SlicesOf(int columns) => ((columns - 1) / LinearTileSizes.SliceColumns) + 1;

    private static MatrixRow Token(LinearArguments arguments, LinearTile tile, int place) =>
        new(arguments.Input, tile.Token(place), arguments.Columns);

    private static MatrixRow Row(LinearArguments arguments, LinearTile tile, int place) =>
        new(arguments.Weight, tile.Row(place), arguments.Columns);

    // A row of a matrix, four neighbouring columns at a time.
    private readonly struct MatrixRow
    {
        private readonly ArrayView<RegisterRow> _fours;
        private readonly ArrayView<float> _numbers;
        private readonly int _columns;

        // Compilers see a matrix's beginning to be aligned, but not that of a row.
        public MatrixRow(ArrayView<float> matrix, int row, int columns)
        {
            _fours = matrix.Cast<RegisterRow>().SubView((long)row * (columns >> 2));
            _numbers = matrix.SubView((long)row * columns);
            _columns = columns;
        }

        /// <summary>Four columns from a multiple of four on, of which the first is there; 0 behind the last one.</summary>
        public RegisterRow Load(int column)
        {
            if (TAccess.IsRegular)
                return _fours[column >> 2];
            return new RegisterRow(_numbers[column], Number(column + 1), Number(column + 2), Number(column + 3));
        }

        private float Number(int column) => column < _columns ? _numbers[column] : 0f;
    }
}
