using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels;

/// <summary>Attention on a device: plans, and a first try without one.</summary>
public static partial class AttentionOperations
{
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device.</param>
    extension<TMask, TModifier>(AttentionDevice device)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        /// <summary>As the other overload, of fp32.</summary>
        /// <inheritdoc cref="PlanAttention{T, TMask, TModifier}"/>
        public AttentionPlan<float> PlanAttention(
            TensorShape query, TensorShape key, TMask mask, TModifier modifier, AttentionOptions? options = null) =>
            device.PlanAttention(query, key, mask, modifier, NumberFormat.Float32, options);

        /// <summary>Makes softmax(Q·Kᵀ·scale)·V in fp64 ready, from end to end: a plain kernel to compare others with, not a fast
        /// one.</summary>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="modifier">What becomes of a score before the softmax, which is a function of fp32 numbers: the score is rounded for
        /// it.</param>
        /// <param name="scale">What products of query and key are multiplied by; 1/√headDim where <see langword="null"/>.</param>
        /// <returns>The plan, for tensors of any shapes.</returns>
        /// <exception cref="ArgumentException"><paramref name="scale"/> is not finite, or the mask or modifier is not public, or has a
        /// field that is a <see cref="bool"/>, a reference, or a view without memory of the device.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">The device has no fp64: <see cref="DeviceDescription.Float64"/>.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;double> query = device.Allocate&lt;double>([1, 16, 8, 64]), output = device.Allocate&lt;double>(query.Shape);
        /// using Tensor&lt;double> key = device.Allocate&lt;double>([1, 100, 2, 64]), value = device.Allocate&lt;double>(key.Shape);
        /// ReferenceAttentionPlan reference = device.PlanReferenceAttention(new CausalMask(), new SoftCap(50f));
        /// reference.Run(query, key, value, output);
        /// </code>
        /// </example>
        public ReferenceAttentionPlan PlanReferenceAttention(TMask mask, TModifier modifier, double? scale = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            device.ThrowIfDisposed();
            return new AttentionModule<
                StoredFp32, ContiguousLayout, UniformWork, StoredFp32, StoredFp32, TMask, TModifier, Fp32x4>.ReferencePlan(
                    device, mask, modifier, scale);
        }

        /// <summary>Decides for a problem, and compiles the kernels.</summary>
        internal AttentionKernelSet<TLayout, TWork> LoadKernels<TLayout, TWork>(
            AttentionProblem problem, TMask mask, TModifier modifier, AttentionOptions options)
        {
            problem = problem with { AsksEachScore = !TMask.RangeIsExact || TModifier.AsksEachScore };
            return KernelSets.Load<TLayout, TWork, TMask, TModifier>(
                device, problem, AttentionPlanner.Choose(device, problem, options), mask, modifier, options.Scale);
        }
    }

    /// <typeparam name="T">The element type of query, key, value and output.</typeparam>
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device.</param>
    extension<T, TMask, TModifier>(AttentionDevice device)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        /// <summary>
        /// Makes softmax(Q·Kᵀ·scale)·V ready for tensors of these shapes: multi-head attention, grouped-query attention where the kv heads
        /// are fewer than the heads, multi-query attention where there is one; self and cross attention.
        /// </summary>
        /// <param name="query">The query's shape [batch, queries, heads, headDim]; headDim from 1 to 512. Runs may have fewer
        /// queries.</param>
        /// <param name="key">The shape of key and value [batch, keys, kv heads, headDim]; heads is a multiple of kv heads. Runs may have
        /// fewer keys. Values are of <see cref="AttentionOptions.ValueDimension"/> where the options have one.</param>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How query, key, value and output are stored; kernels compute in fp32 and round the output once.</param>
        /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">The shapes do not fit each other, an option is out of range, or the mask or modifier is not
        /// public, or has a field that is a <see cref="bool"/>, a reference, or a view without memory of the device.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or a launch could have more work groups than
        /// there can be.</exception>
        /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([1, 16, 8, 64]), output = device.Allocate&lt;Half>(query.Shape);
        /// using Tensor&lt;Half> key = device.Allocate&lt;Half>([1, 100, 2, 64]), value = device.Allocate&lt;Half>(key.Shape);
        /// using AttentionPlan&lt;Half> plan = device.PlanAttention(query.Shape, key.Shape, new CausalMask(), NumberFormat.Float16);
        /// plan.Run(query, key, value, output);
        /// </code>
        /// </example>
        public AttentionPlan<T> PlanAttention(
            TensorShape query, TensorShape key, TMask mask, TModifier modifier, NumberFormat<T> format, AttentionOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(format);
            ArgumentNullException.ThrowIfNull(device);
            device.ThrowIfDisposed();
            options ??= new AttentionOptions();
            AttentionProblem problem = AttentionProblem.Of(query, key, (format.Type, format.Type, format.Type), options);
            return new AttentionPlan<T>(new UniformRuns(
                query, key, device.LoadKernels<TMask, TModifier, ContiguousLayout, UniformWork>(problem, mask, modifier, options)));
        }

        /// <summary>As the other overload, with a score modifier, and with the log-sum-exp where it is asked for.</summary>
        /// <param name="query">The query [batch, queries, heads, headDim].</param>
        /// <param name="key">The key [batch, keys, kv heads, headDim].</param>
        /// <param name="value">The value, like the key, of the head dimension that the options say.</param>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How the tensors are stored; kernels compute in fp32 and round the output once.</param>
        /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
        /// <param name="logSumExp">The dense log-sum-exp [batch, heads, queries], natural logarithm; not computed where
        /// <see langword="null"/>.</param>
        /// <returns>The output, like the query, of the value's head dimension; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">The tensors do not fit each other or the device, or an option is out of range.</exception>
        /// <exception cref="DeviceMemoryException">The output or the workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([1, 16, 8, 64]);
        /// using Tensor&lt;Half> key = device.Allocate&lt;Half>([1, 100, 2, 64]), value = device.Allocate&lt;Half>(key.Shape);
        /// using Tensor&lt;Half> output = device.Attention(query, key, value, new CausalMask(), new SoftCap(50f), NumberFormat.Float16);
        /// </code>
        /// </example>
        public Tensor<T> Attention(
            TensorView<T> query, TensorView<T> key, TensorView<T> value, TMask mask, TModifier modifier, NumberFormat<T> format,
            AttentionOptions? options = null, TensorView<float>? logSumExp = null)
        {
            using AttentionPlan<T> plan = device.PlanAttention(query.Shape, key.Shape, mask, modifier, format, options);
            Tensor<T> output = device.Allocate<T>(query.Shape.With(3, options?.ValueDimension ?? query.Shape[3]));
            try
            {
                plan.Run(query, key, value, output, logSumExp);
                device.Synchronize();
                return output;
            }
            catch
            {
                output.Dispose();
                throw;
            }
        }

        /// <summary>Makes softmax(Q·Kᵀ·scale)·V ready for sequences that each have lengths of their own and lie one behind the other,
        /// without padding: self and cross attention.</summary>
        /// <param name="shape">The sizes; those of tokens are the most that a run may have.</param>
        /// <param name="mask">Which keys a query attends to; the last query of a sequence is at its last key.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How query, key, value and output are stored; kernels compute in fp32 and round the output once.</param>
        /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">The sizes do not fit each other, an option is out of range, or the mask or modifier is not
        /// public, or has a field that is a <see cref="bool"/>, a reference, or a view without memory of the device.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or a launch could have more work groups than
        /// there can be.</exception>
        /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// var shape = new RaggedShape
        /// {
        ///     Sequences = 3, Heads = 8, KeyValueHeads = 2, HeadDimension = 64, MaximumQueries = 130, MaximumKeys = 130,
        /// };
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([147, 8, 64]), output = device.Allocate&lt;Half>(query.Shape);
        /// using Tensor&lt;Half> key = device.Allocate&lt;Half>([147, 2, 64]), value = device.Allocate&lt;Half>(key.Shape);
        /// using RaggedAttentionPlan&lt;Half> plan = device.PlanRaggedAttention(shape, new CausalMask(), NumberFormat.Float16);
        /// plan.Run(query, key, value, new RaggedLengths([5, 130, 12]), output);
        /// </code>
        /// </example>
        public RaggedAttentionPlan<T> PlanRaggedAttention(
            RaggedShape shape, TMask mask, TModifier modifier, NumberFormat<T> format, AttentionOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(shape);
            ArgumentNullException.ThrowIfNull(format);
            device.ThrowIfDisposed();
            options ??= new AttentionOptions();
            AttentionProblem problem = AttentionProblem.Of(shape, (format.Type, format.Type, format.Type), options);
            var kernels = device.LoadKernels<TMask, TModifier, RaggedLayout, RaggedWork>(problem, mask, modifier, options);
            return kernels.OwnedBy(() => new RaggedAttentionPlan<T>(kernels));
        }

        /// <summary>Makes softmax(Q·Kᵀ·scale)·V ready for keys and values, and where the formats say so for queries, that are stored in 8
        /// bits with scales.</summary>
        /// <param name="query">The query's shape [batch, queries, heads, headDim]. Runs may have fewer queries.</param>
        /// <param name="key">The shape of key and value [batch, keys, kv heads, headDim]. Runs may have fewer keys.</param>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How the output is stored, and queries that are not quantised.</param>
        /// <param name="formats">How key, value and query are stored.</param>
        /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
        /// <inheritdoc cref="PlanAttention{T, TMask, TModifier}"/>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([1, 16, 8, 64]), output = device.Allocate&lt;Half>(query.Shape);
        /// using Tensor&lt;byte> key = device.Allocate&lt;byte>([1, 100, 2, 64]), value = device.Allocate&lt;byte>(key.Shape);
        /// using Tensor&lt;float> keyScales = device.Upload([0.03f], [1, 1, 1]), valueScales = device.Upload([0.01f], [1, 1, 1]);
        /// var formats = new QuantizedFormats(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3);
        /// using var plan = device.PlanQuantizedAttention(query.Shape, key.Shape, new CausalMask(), NumberFormat.Float16, formats);
        /// plan.Run(query, new QuantizedTensor(key, keyScales), new QuantizedTensor(value, valueScales), output);
        /// </code>
        /// </example>
        public QuantizedAttentionPlan<T> PlanQuantizedAttention(
            TensorShape query, TensorShape key, TMask mask, TModifier modifier, NumberFormat<T> format, QuantizedFormats formats,
            AttentionOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            ArgumentNullException.ThrowIfNull(formats);
            device.ThrowIfDisposed();
            formats.Check(nameof(formats));
            options ??= new AttentionOptions();
            AttentionProblem problem = AttentionProblem.Of(query, key, (format.Type, formats.Key.Type, formats.Value.Type), options) with
            {
                StoredQuery = formats.Query,
            };
            Tensor<float> scales = QuantizedAttentionPlan<T>.AllocateScales(device, problem);
            try
            {
                var kernels = formats.Query is null
                    ? device.LoadKernels<TMask, TModifier, ContiguousLayout, UniformWork>(problem, mask, modifier, options)
                    : device.LoadKernels<TMask, ModifierChain<QueryScales, TModifier>, ContiguousLayout, UniformWork>(
                        problem, mask, new(new QueryScales(QuantizedAttentionPlan<T>.QueryScales(scales, problem)), modifier), options);
                return kernels.OwnedBy(
                    () => new QuantizedAttentionPlan<T>(new UniformRuns(query, key, kernels), format, formats, scales));
            }
            catch
            {
                scales.Dispose();
                throw;
            }
        }
    }

    /// <typeparam name="T">The element type of query, key, value and output.</typeparam>
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <param name="device">The device.</param>
    extension<T, TMask>(AttentionDevice device)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
    {
        /// <summary>As the other overload, for tensors of another element type and without a score modifier.</summary>
        /// <inheritdoc cref="PlanAttention{T, TMask, TModifier}"/>
        public AttentionPlan<T> PlanAttention(
            TensorShape query, TensorShape key, TMask mask, NumberFormat<T> format, AttentionOptions? options = null) =>
            device.PlanAttention(query, key, mask, new NoModifier(), format, options);

        /// <summary>
        /// Computes softmax(Q·Kᵀ·scale)·V into a new tensor and waits for it. For a first try: it plans and allocates on every call; a
        /// program that computes more than once makes a plan.
        /// </summary>
        /// <param name="query">The query [batch, queries, heads, headDim].</param>
        /// <param name="key">The key [batch, keys, kv heads, headDim].</param>
        /// <param name="value">The value, like the key, of the head dimension that the options say.</param>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="format">How the tensors are stored; kernels compute in fp32 and round the output once.</param>
        /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
        /// <returns>The output, like the query, of the value's head dimension; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">The tensors do not fit each other or the device, or an option is out of range.</exception>
        /// <exception cref="DeviceMemoryException">The output or the workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        public Tensor<T> Attention(
            TensorView<T> query, TensorView<T> key, TensorView<T> value, TMask mask, NumberFormat<T> format,
            AttentionOptions? options = null) =>
            device.Attention(query, key, value, mask, new NoModifier(), format, options);

        /// <summary>As the other overload, without a score modifier.</summary>
        /// <inheritdoc cref="PlanRaggedAttention{T, TMask, TModifier}"/>
        public RaggedAttentionPlan<T> PlanRaggedAttention(
            RaggedShape shape, TMask mask, NumberFormat<T> format, AttentionOptions? options = null) =>
            device.PlanRaggedAttention(shape, mask, new NoModifier(), format, options);

        /// <summary>As the other overload, without a score modifier.</summary>
        /// <inheritdoc cref="PlanQuantizedAttention{T, TMask, TModifier}"/>
        public QuantizedAttentionPlan<T> PlanQuantizedAttention(
            TensorShape query, TensorShape key, TMask mask, NumberFormat<T> format, QuantizedFormats formats,
            AttentionOptions? options = null) =>
            device.PlanQuantizedAttention(query, key, mask, new NoModifier(), format, formats, options);
    }
}
