using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

internal static partial class LinearModule<TActivation, TWeight>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>
        /// y[token][row] = Σ over the columns of weight[row][column] · x[token][column], and the row's bias, if any, for few tokens: a
        /// skinny GEMM, bound by memory. Simt schedule, for every GPU.
        /// </summary>
        /// <remarks>
        /// <para>Tile: a work group owns <see cref="LinearTileSizes.FewRows"/> rows of the weight for
        /// <see cref="LinearTileSizes.FewTokens"/> tokens, and passes over <see cref="LinearTileSizes.Slices"/> slices of their columns at
        /// a time. Eight neighbouring threads have a slice, each that of one row: the sums of four tokens, in registers.</para>
        /// <para>Parts of <see cref="LinearTileSizes.PartColumns"/> columns of the slices stream through shared memory, where threads read
        /// their own: eight neighbouring threads load 128 bytes of a row, half as many of 16 bits. While one part is multiplied, the next
        /// comes into registers, so that a thread has 128 bytes of the weight under way. Tiles of the same rows are neighbours: the weight
        /// comes from memory once.</para>
        /// <para>A slice's sum is a chain of multiply-adds in the order of columns. They meet in shared memory, where a thread for each
        /// token and row adds them in the order of slices. <see cref="LinearTiledSimt"/> has the same order, and a token the same bits
        /// among any others. In a tile at the edge the last token or row stands in for those that are missing, and is stored once.</para>
        /// </remarks>
        internal readonly struct LinearSimt : IGroupKernel<LinearArguments>
        {
            private const int Parts = LinearTileSizes.SliceColumns / LinearTileSizes.PartColumns;
            private const int PartFours = LinearTileSizes.PartColumns / 4;
            private const int StrideFours = LinearTileSizes.PartStride / 4;
            private const int SumFours = LinearTileSizes.SumStride / 4;

            public static int GroupSize => LinearTileSizes.Threads;

            // The thread's slice, of those that are summed side by side. Of each row and token it copies four columns of a part of it.
            private static int Slice => Group.IdxX / LinearTileSizes.FewRows;

            // Which row of the tile a thread multiplies, and which four columns of a part it copies.
            private static int Lane => Group.IdxX & (LinearTileSizes.FewRows - 1);

            public static void Run(LinearArguments arguments)
            {
                ArrayView<RegisterRow> rows = SharedMemory.Allocate<RegisterRow>(LinearTileSizes.Threads * StrideFours);
                ArrayView<RegisterRow> tokens = SharedMemory.Allocate<RegisterRow>(
                    LinearTileSizes.Slices * LinearTileSizes.FewTokens * StrideFours);
                ArrayView<RegisterRow> shared = SharedMemory.Allocate<RegisterRow>(
                    LinearTileSizes.FewTokens * LinearTileSizes.FewRows * SumFours);
                LinearTile tile = LinearTile.OfGroup(arguments.Sizes, Grid.IdxX);
                ArrayView<RegisterRow> ownRow = rows.SubView(Group.IdxX * StrideFours);
                ArrayView<RegisterRow> ownTokens = tokens.SubView(Slice * LinearTileSizes.FewTokens * StrideFours);
                ArrayView<RegisterRow> rowTarget = rows.SubView((Slice * LinearTileSizes.FewRows * StrideFours) + Lane);
                ArrayView<RegisterRow> tokenTarget = ownTokens.SubView(Lane);
                ArrayView<float> ownSums = shared.Cast<float>().SubView((Lane * LinearTileSizes.SumStride) + Slice);

                int column = (Slice * LinearTileSizes.SliceColumns) + (4 * Lane);
                TallTile nextRows = Rows(arguments, tile, column);
                RegisterTile nextTokens = Tokens(arguments, tile, column);
                float total = 0f;

                // A loop that might run zero times and has a barrier makes PoCL copy all that follows it, so it runs once or more.
                int slices = Math.Max(1, SlicesOf(arguments.Sizes.Columns));
                for (int slice = 0; slice < slices; slice += LinearTileSizes.Slices)
                {
                    RegisterRow sums = default;
                    for (int part = 1; part <= Parts; part++)
                    {
                        // What is in shared memory may still be read.
                        Group.Barrier();
                        Store(rowTarget, nextRows.Upper);
                        Store(rowTarget.SubView(4 * StrideFours), nextRows.Lower);
                        Store(tokenTarget, nextTokens);
                        Group.Barrier();
                        column += part < Parts
                            ? LinearTileSizes.PartColumns
                            : (LinearTileSizes.Slices * LinearTileSizes.SliceColumns) - ((Parts - 1) * LinearTileSizes.PartColumns);
                        nextRows = Rows(arguments, tile, column);
                        nextTokens = Tokens(arguments, tile, column);
                        for (int four = 0; four < PartFours; four++)
                        {
                            RegisterRow row = ownRow[four];
                            sums = new RegisterRow(
                                row.Dot(ownTokens[four], sums.A),
                                row.Dot(ownTokens[four + StrideFours], sums.B),
                                row.Dot(ownTokens[four + (2 * StrideFours)], sums.C),
                                row.Dot(ownTokens[four + (3 * StrideFours)], sums.D));
                        }
                    }

                    ownSums[0] = sums.A;
                    ownSums[LinearTileSizes.FewRows * LinearTileSizes.SumStride] = sums.B;
                    ownSums[2 * LinearTileSizes.FewRows * LinearTileSizes.SumStride] = sums.C;
                    ownSums[3 * LinearTileSizes.FewRows * LinearTileSizes.SumStride] = sums.D;
                    Group.Barrier();
                    if (Slice < LinearTileSizes.FewTokens)
                        total = Add(total, shared.SubView(Group.IdxX * SumFours));
                }

                if (Slice < tile.Tokens && Lane < tile.Rows)
                {
                    int row = tile.FirstRow + Lane;
                    arguments.Output[((long)(tile.FirstToken + Slice) * arguments.Sizes.Rows) + row] = arguments.Result(total, row);
                }
            }

            // The sums of the slices, added in their order.
            private static float Add(float total, ArrayView<RegisterRow> sums)
            {
                for (int four = 0; four < LinearTileSizes.Slices / 4; four++)
                {
                    RegisterRow next = sums[four];
                    total = total + next.A + next.B + next.C + next.D;
                }

                return total;
            }

            private static void Store(ArrayView<RegisterRow> target, RegisterTile tile)
            {
                target[0] = tile.Row0;
                target[StrideFours] = tile.Row1;
                target[2 * StrideFours] = tile.Row2;
                target[3 * StrideFours] = tile.Row3;
            }

            // What a thread copies of a part: four columns of each row of the tile, from one on, and of each token; 0 behind the last
            // column. Each has a condition of its own, and ptxas then fewer registers.
            private static TallTile Rows(LinearArguments arguments, LinearTile tile, int column) => IsWithin(column, arguments)
                ? new(
                    new RegisterTile(
                        Row(arguments, tile, 0).Load(column), Row(arguments, tile, 1).Load(column),
                        Row(arguments, tile, 2).Load(column), Row(arguments, tile, 3).Load(column)),
                    new RegisterTile(
                        Row(arguments, tile, 4).Load(column), Row(arguments, tile, 5).Load(column),
                        Row(arguments, tile, 6).Load(column), Row(arguments, tile, 7).Load(column)))
                : default;

            private static RegisterTile Tokens(LinearArguments arguments, LinearTile tile, int column) => IsWithin(column, arguments)
                ? new(
                    Token(arguments, tile, 0).Load(column), Token(arguments, tile, 1).Load(column),
                    Token(arguments, tile, 2).Load(column), Token(arguments, tile, 3).Load(column))
                : default;

            private static bool IsWithin(int column, in LinearArguments arguments) => (uint)column < (uint)arguments.Sizes.Columns;
        }
    }
}
