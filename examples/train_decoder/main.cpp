#include <cstdio>
#include <cstdlib>
#include "autoencoder.hpp"
#include "batches.hpp"
#include "progress.hpp"
int main(int argc, char** argv){
  int threads=argc>1?atoi(argv[1]):2; long steps=argc>2?atol(argv[2]):600;
  Stopwatch w0; Dataset d=read_dataset(debian_folder); printf("read %.2f s\n", w0.seconds());
  Eigen::ThreadPool pool(threads); Eigen::ThreadPoolDevice device(&pool,threads);
  for (auto& info: decoders){ Autoencoder a(info,TrainingOptions{}); printf("%s %td %td\n", info.name,a.encoder_parameters(),a.decoder_parameters());
   Batches b(d.train.count(),100,1); Images x; Stopwatch w; double l=0; long n=0;
   for(long s=0;s<steps;++s){ d.train.copy(b.at(s),x); l+=a.learn(x,device); ++n; if((s+1)%(steps/10)==0){ printf(" %ld: %.5f  %.0f/s\n",s+1,l/n, (s+1)*100/w.seconds()); l=0;n=0;}}
   Stopwatch w2; double e=0; for(Index k=0;k<10000;k+=500){auto t=d.test.range(k,k+500); e+=squared_error(a(t,device),t);} printf(" test %.5f %.2f s\n", e/7840000, w2.seconds());
  }}
