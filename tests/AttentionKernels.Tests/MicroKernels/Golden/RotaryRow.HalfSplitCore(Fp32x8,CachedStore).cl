{
    // RotaryRow.HalfSplitCore<Fp32x8, CachedStore>
    global float* row = var0;
    const long rowStride = var1;
    global float* cosine = var2;
    global float* sine = var3;
    global float* target = var4;
    const long targetStride = var5;
    const int heads = var6;
    const int pairs = var7;
    const int dimension = var8;
    for (int head = 0; head < heads; head++) {
        const global float* r = row + head * rowStride;
        global float* t = target + head * targetStride;
        const int streams = 0;
        int i = 0;
        for (; i + 8 <= pairs; i += 8) {
            const float8 a = vload8(0, r + i), b = vload8(0, r + pairs + i);
            const float8 c = vload8(0, cosine + i), s = vload8(0, sine + i);
            const float8 bs = b * s, bc = b * c;
            const float8 x = fma(a, c, -bs), y = fma(a, s, bc);
#if defined(__clang__)
            if (streams) {
                __builtin_nontemporal_store(x.lo, (global float4*)(t + i) + 0);
                __builtin_nontemporal_store(x.hi, (global float4*)(t + i) + 1);
            } else
#endif
            vstore8(x, 0, t + i);
#if defined(__clang__)
            if (streams) {
                __builtin_nontemporal_store(y.lo, (global float4*)(t + pairs + i) + 0);
                __builtin_nontemporal_store(y.hi, (global float4*)(t + pairs + i) + 1);
            } else
#endif
            vstore8(y, 0, t + pairs + i);
        }
        for (; i < pairs; i++) {
            const float a = r[i], b = r[pairs + i], bs = b * sine[i], bc = b * cosine[i];
            t[i] = fma(a, cosine[i], -bs);
            t[pairs + i] = fma(a, sine[i], bc);
        }
        for (i = 2 * pairs; i < dimension; i++) t[i] = r[i];
    }
}
