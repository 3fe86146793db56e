using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

internal static partial class LinearModule<TActivation, TWeight>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>
        /// y[token][row] = Σ over the columns of weight[row][column] · x[token][column], and the row's bias, if any, for many tokens: a
        /// GEMM. Simt schedule, for every GPU.
        /// </summary>
        /// <remarks>
        /// <para>Volkov and Demmel, "Benchmarking GPUs to Tune Dense Linear Algebra", 2008; two levels of tiles, in registers and in shared
        /// memory, as in CUTLASS.</para>
        /// <para>Tile: a work group of 8 × 16 threads owns <see cref="LinearTileSizes.ManyTokens"/> tokens of
        /// <see cref="LinearTileSizes.ManyRows"/> rows of the weight. Thread (y, x) owns the tokens 8y…8y+7 of the rows 4x…4x+3 and
        /// 64+4x…64+4x+3: 8 × 8 sums of a slice in registers, and as many of the slices before.</para>
        /// <para>Panels of <see cref="LinearTileSizes.PanelColumns"/> columns of both matrices stream through shared memory, transposed, so
        /// that a thread loads 16 bytes at once, four times for 64 multiply-adds. There are two: while one is multiplied, the next comes
        /// into registers, six times four columns of a row a thread, and is stored to the other one, so that a barrier a panel is
        /// enough.</para>
        /// <para>Sums are those of <see cref="LinearSimt"/>, bit for bit: slices of <see cref="LinearTileSizes.SliceColumns"/> columns,
        /// term by term, and then one after the other. In a tile at the edge the last token or row stands in for those that are missing,
        /// and is stored once.</para>
        /// </remarks>
        internal readonly struct LinearTiledSimt : IGroupKernel<LinearArguments>
        {
            private const int PanelFours = LinearTileSizes.PanelColumns * ColumnFours;
            private const int ColumnFours = LinearTileSizes.PanelStride / 4;
            private const int HalfRows = LinearTileSizes.ManyRows / 2;
            private const int OutputFours = HalfRows / 4;
            private const int PanelsOfSlice = LinearTileSizes.SliceColumns / LinearTileSizes.PanelColumns;

            public static int GroupSize => LinearTileSizes.Threads;

            private static int X => Group.IdxX & 15;

            private static int Y => Group.IdxX >> 4;

            public static void Run(LinearArguments arguments)
            {
                ArrayView<RegisterRow> panels = SharedMemory.Allocate<RegisterRow>(2 * PanelFours);
                LinearTile tile = LinearTile.OfGroup(arguments.Sizes, Grid.IdxX);
                ArrayView<RegisterRow> ownTokens = panels.SubView(2 * Y);
                ArrayView<RegisterRow> ownRows = panels.SubView((LinearTileSizes.ManyTokens / 4) + X);

                // Four neighbouring threads copy 16 columns of a row.
                int copied = Group.IdxX >> 2;
                int column = 4 * (Group.IdxX & 3);
                ArrayView<float> target = panels.Cast<float>().SubView((column * LinearTileSizes.PanelStride) + copied);
                var source = new PanelSource(arguments, tile, copied);

                // Which panel is multiplied, and how many are left to be.
                int current = 0;
                int left = ((arguments.Sizes.Columns - 1) / LinearTileSizes.PanelColumns) + 1;
                SquareTile totals = default;
                Store(target, source.Load(column));

                // A loop that might run zero times and has a barrier makes PoCL copy all that follows it, so the bounds are 1 or more.
                int slices = Math.Max(1, SlicesOf(arguments.Sizes.Columns));
                for (int slice = 0; slice < slices; slice++)
                {
                    SquareTile sums = default;
                    int count = Math.Max(1, Math.Min(PanelsOfSlice, left));
                    for (int panel = 0; panel < count; panel++)
                    {
                        Group.Barrier();
                        column += LinearTileSizes.PanelColumns;
                        Panel next = source.Load(column);
                        ArrayView<RegisterRow> tokens = ownTokens.SubView(current);
                        ArrayView<RegisterRow> rows = ownRows.SubView(current);
                        sums = MultiplyAdd(sums, tokens, rows);
                        sums = MultiplyAdd(sums, tokens.SubView(PanelFours / 2), rows.SubView(PanelFours / 2));
                        current = PanelFours - current;
                        Store(target.SubView(4 * current), next);
                    }

                    left -= PanelsOfSlice;
                    totals = totals.Add(sums);
                }

                Store(panels, totals.Left, arguments, tile, 0);
                Store(panels, totals.Right, arguments, tile, HalfRows);
            }

            // Half a panel: assemblers unroll so many multiply-adds.
            private static SquareTile MultiplyAdd(SquareTile sums, ArrayView<RegisterRow> tokens, ArrayView<RegisterRow> rows)
            {
                for (int depth = 0; depth < LinearTileSizes.PanelColumns / 2; depth++)
                {
                    sums = sums.MultiplyAdd(
                        new RegisterColumn(tokens[depth * ColumnFours], tokens[(depth * ColumnFours) + 1]),
                        new RegisterColumn(rows[depth * ColumnFours], rows[(depth * ColumnFours) + OutputFours]));
                }

                return sums;
            }

            private static void Store(ArrayView<float> target, Panel panel)
            {
                Transpose(target, panel.Tokens.Upper);
                Transpose(target.SubView(LinearTileSizes.ManyTokens / 2), panel.Tokens.Lower);
                ArrayView<float> rows = target.SubView(LinearTileSizes.ManyTokens);
                Transpose(rows, panel.Rows.Row0);
                Transpose(rows.SubView(LinearTileSizes.ManyRows / 4), panel.Rows.Row1);
                Transpose(rows.SubView(HalfRows), panel.Rows.Row2);
                Transpose(rows.SubView(LinearTileSizes.ManyRows / 4 * 3), panel.Rows.Row3);
            }

            private static void Transpose(ArrayView<float> target, RegisterRow numbers)
            {
                target[0] = numbers.A;
                target[LinearTileSizes.PanelStride] = numbers.B;
                target[2 * LinearTileSizes.PanelStride] = numbers.C;
                target[3 * LinearTileSizes.PanelStride] = numbers.D;
            }

            // Stores half the tile's rows, from one on, through shared memory, so that 64 neighbouring threads store neighbouring rows.
            private static void Store(
                ArrayView<RegisterRow> shared, TallTile sums, LinearArguments arguments, LinearTile tile, int firstRow)
            {
                // What is in shared memory may still be read.
                Group.Barrier();
                ArrayView<RegisterRow> target = shared.SubView((8 * Y * OutputFours) + X);
                target[0] = sums.Upper.Row0;
                target[OutputFours] = sums.Upper.Row1;
                target[2 * OutputFours] = sums.Upper.Row2;
                target[3 * OutputFours] = sums.Upper.Row3;
                target[4 * OutputFours] = sums.Lower.Row0;
                target[5 * OutputFours] = sums.Lower.Row1;
                target[6 * OutputFours] = sums.Lower.Row2;
                target[7 * OutputFours] = sums.Lower.Row3;
                Group.Barrier();
                int place = Group.IdxX & (HalfRows - 1);
                int row = firstRow + place;
                int end = row < tile.Rows ? tile.Tokens : 0;
                ArrayView<float> source = shared.Cast<float>().SubView(place);
                long first = ((long)tile.FirstToken * arguments.Sizes.Rows) + tile.FirstRow + row;
                for (int token = Group.IdxX / HalfRows; token < end; token += LinearTileSizes.Threads / HalfRows)
                {
                    arguments.Output[first + ((long)token * arguments.Sizes.Rows)] =
                        arguments.Result(source[HalfRows * token], tile.FirstRow + row);
                }
            }

            // What a thread copies of a panel: four columns of two tokens, and of four rows of the weight.
            private readonly struct Panel
            {
                public readonly RegisterColumn Tokens;
                public readonly RegisterTile Rows;

                public Panel(RegisterColumn tokens, RegisterTile rows)
                {
                    Tokens = tokens;
                    Rows = rows;
                }
            }

            // Where a thread copies from.
            private readonly struct PanelSource
            {
                private readonly int _columns;
                private readonly LinearModule<TActivation, TActivation>.Simt<TAccess>.MatrixRow _token0;
                private readonly LinearModule<TActivation, TActivation>.Simt<TAccess>.MatrixRow _token1;
                private readonly MatrixRow _row0;
                private readonly MatrixRow _row1;
                private readonly MatrixRow _row2;
                private readonly MatrixRow _row3;

                public PanelSource(LinearArguments arguments, LinearTile tile, int first)
                {
                    _columns = arguments.Sizes.Columns;
                    _token0 = Token(arguments, tile, first);
                    _token1 = Token(arguments, tile, first + (LinearTileSizes.ManyTokens / 2));
                    _row0 = Row(arguments, tile, first);
                    _row1 = Row(arguments, tile, first + (LinearTileSizes.ManyRows / 4));
                    _row2 = Row(arguments, tile, first + HalfRows);
                    _row3 = Row(arguments, tile, first + (LinearTileSizes.ManyRows / 4 * 3));
                }

                /// <summary>Four columns from one on; 0 behind the last column.</summary>
                public Panel Load(int column) => (uint)column < (uint)_columns
                    ? new(
                        new RegisterColumn(_token0.Load(column), _token1.Load(column)),
                        new RegisterTile(_row0.Load(column), _row1.Load(column), _row2.Load(column), _row3.Load(column)))
                    : default;
            }
        }
    }
}
