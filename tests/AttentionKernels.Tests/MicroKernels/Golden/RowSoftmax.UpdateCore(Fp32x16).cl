{
    // RowSoftmax.UpdateCore<Fp32x16>
    global float* scores = var0;
    const int stride = var1;
    const int rows = var2;
    const int count = var3;
    const float scale = var4;
    global float* maxima = var5;
    global float* sums = var6;
    global float* factors = var7;
    for (int row = 0; row < rows; row++) {
        global float* s = scores + (long)row * stride;
        for (int key = count; key % 16 != 0; key++) s[key] = -INFINITY;
        float16 lanes = -INFINITY;
        for (int key = 0; key < count; key += 16) {
            const float16 x = vload16(0, s + key);
            lanes = select(lanes, x, x > lanes);
        }
        const float before = maxima[row];
        float largest;
        { const float8 h16 = fmax(lanes.lo, lanes.hi); { const float4 h8 = fmax(h16.lo, h16.hi); { const float2 h4 = fmax(h8.lo, h8.hi); largest = (fmax(h4.x, h4.y)); } } }
        largest *= scale;
        const float after = largest > before ? largest : before;
        maxima[row] = after;
        const float subtracted = after < -FLT_MAX ? 0.0f : after;
        float16 weight, total = 0.0f;
        for (int key = 0; key < count; key += 16) {
            const float16 score = vload16(0, s + key) * scale;
            {
                const float16 x = score - subtracted;
                const float16 shifted = fma(x, (float16)as_float(0x3FB8AA3Bu), (float16)as_float(0x4B400000u));
                const float16 n = shifted - as_float(0x4B400000u);
                float16 r = fma(n, (float16)as_float(0xBF318000u), x);
                r = fma(n, (float16)as_float(0x395E8083u), r);
                float16 p = fma((float16)as_float(0x3AB5120Du), r, (float16)as_float(0x3C091CF9u));
                p = fma(p, r, (float16)as_float(0x3D2AAC79u));
                p = fma(p, r, (float16)as_float(0x3E2AAA49u));
                p = fma(p, r, (float16)as_float(0x3EFFFFFEu));
                p = fma(p, r, (float16)1.0f);
                p = fma(p, r, (float16)1.0f);
                p *= as_float16((as_int16(shifted) << 23) + 0x3F800000);
                weight = select(p, (float16)0.0f, x < as_float(0xC2AEAC4Fu));
            }
            vstore16(weight, 0, s + key);
            total += weight;
        }
        const float factor = exp(before - subtracted);
        factors[row] = factor;
        { const float8 h16 = total.lo + total.hi; { const float4 h8 = h16.lo + h16.hi; { const float2 h4 = h8.lo + h8.hi; sums[row] = (h4.x + h4.y) + sums[row] * factor; } } }
    }
}
