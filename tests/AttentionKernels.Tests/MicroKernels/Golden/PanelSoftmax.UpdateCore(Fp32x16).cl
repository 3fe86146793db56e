{
    // PanelSoftmax.UpdateCore<Fp32x16>
    global float* scores = var0;
    const int count = var1;
    const float scale = var2;
    global float* maxima = var3;
    global float* sums = var4;
    global float* factors = var5;
    for (int v = 0; v < 2; v++) {
        global float* s = scores + 16 * v;
        float16 largest = -INFINITY;
        for (int key = 0; key < count; key++) {
            const float16 x = vload16(2 * key, s);
            largest = select(largest, x, x > largest);
        }
        const float16 before = vload16(v, maxima);
        largest *= scale;
        const float16 after = select(before, largest, largest > before);
        vstore16(after, v, maxima);
        const float16 negated = -select(after, (float16)0.0f, after < -FLT_MAX);
        float16 rescale, weight, total = 0.0f;
        {
            const float16 x = before + negated;
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
            rescale = select(p, (float16)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        vstore16(rescale, v, factors);
        for (int key = 0; key < count; key++) {
            const float16 score = vload16(2 * key, s) * scale;
            {
                const float16 x = score + negated;
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
            vstore16(weight, 2 * key, s);
            total += weight;
        }
        vstore16(fma(vload16(v, sums), rescale, total), v, sums);
    }
}
